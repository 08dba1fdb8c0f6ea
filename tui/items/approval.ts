/** A permission question, in place and whole: what would be done, and the keys that answer it. Answered, it is one line. */

import { type ApprovalItem, sanitizeLine } from '../../client/index.js';
import type { PermissionOption } from '../../proto/index.js';
import { fitted, type Line, type Span, type Style, sides, span, wrap } from '../draw/line.js';
import { toolLines } from './content.js';
import type { Renderer } from './context.js';

/** The key that answers with an option, by the option's kind. */
export const ANSWER_KEYS = {
  allow_once: 'a',
  allow_always: 'A',
  reject_once: 'r',
  reject_always: 'R',
} as const satisfies Record<PermissionOption['kind'], string>;

/** The key of each option: the letter of its kind for the first one of that kind, its place in the list for further ones. */
export function answerKeys(item: ApprovalItem): { key: string; option: PermissionOption }[] {
  const taken = new Set<string>();
  return item.options.map((option, at) => {
    const letter = ANSWER_KEYS[option.kind];
    const key = taken.has(letter) ? String(at + 1) : letter;
    taken.add(letter);
    return { key, option };
  });
}

/** The option that `key` stands for. */
export const optionForKey = (item: ApprovalItem, key: string): PermissionOption | undefined =>
  answerKeys(item).find((answer) => answer.key === key)?.option;

function answered(item: ApprovalItem, width: number): Line[] {
  // What a cancel answered is cancelled; nobody chose that.
  const by = item.by === null || item.by === 'cancel' ? '' : ` by ${sanitizeLine(item.by)}`;
  const allowed = item.chosen?.kind.startsWith('allow') ?? false;
  const style: Style = allowed ? 'good' : 'warning';
  const word = item.chosen
    ? sanitizeLine(item.chosen.name)
    : item.state === 'failed'
      ? 'not answered'
      : 'cancelled';
  return [
    fitted(
      [
        span(allowed ? '✔ ' : '⊘ ', style),
        span(`${word}${by}: `, style),
        span(sanitizeLine(item.tool.title), 'dim'),
      ],
      width,
    ),
  ];
}

/** The title of an open question on one line, for where its own is out of sight; `more` stands beside it. */
export const questionTitle = (item: ApprovalItem, more: Span, width: number): Line => [
  span('▌ ', 'warning'),
  ...sides([span('Allow? ', 'warning'), span(sanitizeLine(item.tool.title), 'strong')], [more], width - 2),
];

export const approval: Renderer<ApprovalItem> = (item, { width, answering, answerKey, sideBySide }) => {
  if (item.state !== 'open') return answered(item, width);
  const inner = width - 2;
  const keys: Span[] = [];
  for (const { key, option } of answerKeys(item)) {
    if (keys.length > 0) keys.push(span('   '));
    keys.push(
      span(key, answering ? 'key' : 'dim'),
      span(` ${sanitizeLine(option.name)}`, answering ? 'text' : 'dim'),
    );
  }
  const lines: Line[] = [
    ...wrap([span('Allow? ', 'warning'), span(sanitizeLine(item.tool.title), 'strong')], inner),
    ...toolLines(item.tool, inner, sideBySide),
    [],
    ...wrap(keys, inner),
    ...(answering ? [] : wrap([span(`${answerKey} to answer`, 'dim')], inner)),
  ];
  return lines.map((l): Line => [span('▌ ', 'warning'), ...l]);
};
