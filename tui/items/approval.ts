/** A permission question, in place and whole: what would be done, and the keys that answer it. Answered, it is one line. */

import { ANSWER_KEYS, type ApprovalItem, sanitizeLine } from '../../client/index.js';
import type { PermissionOption } from '../../proto/index.js';
import { fitted, type Line, type Span, type Style, sides, span, wrap } from '../draw/line.js';
import { toolLines } from './content.js';
import type { ItemContext, Renderer } from './context.js';

/** The place that 0 stands for; further ones have no key. */
const LAST_PLACE = 10;

/** The key of each option: the letter of its kind for the first one of that kind, its place in the list for further ones; null beyond the tenth. */
function answerKeys(item: ApprovalItem): { key: string | null; option: PermissionOption }[] {
  const taken = new Set<string>();
  return item.options.map((option, at) => {
    const letter = ANSWER_KEYS[option.kind];
    const isTaken = taken.has(letter);
    taken.add(letter);
    if (!isTaken) return { key: letter, option };
    return { key: at < LAST_PLACE ? String((at + 1) % LAST_PLACE) : null, option };
  });
}

/** The options with their keys, and where those are chosen that have none. */
export function answerSpans(item: ApprovalItem, answering: boolean): Span[] {
  const all = answerKeys(item);
  const keyed = all.flatMap(({ key, option }): Span[] =>
    key === null
      ? []
      : [
          span(key, answering ? 'key' : 'dim'),
          span(` ${sanitizeLine(option.name)}   `, answering ? 'text' : 'dim'),
        ],
  );
  const others = all.filter(({ key }) => key === null).map(({ option }) => sanitizeLine(option.name));
  if (others.length === 0) return keyed;
  const how = `Without a key: ${others.join(', ')}. On another terminal praxis session attach asks by number.`;
  return [...keyed, span(how, 'dim')];
}

/** The option that `key` stands for. */
export const optionForKey = (item: ApprovalItem, key: string): PermissionOption | undefined =>
  answerKeys(item).find((answer) => answer.key === key)?.option;

/** Whose answer counted, in brackets. What a cancel answered is cancelled; nobody chose that. */
export const byWhom = (by: string | null, me: string): string =>
  by === null || by === 'cancel' ? '' : ` (by ${by === me ? 'you' : sanitizeLine(by)})`;

function answered(item: ApprovalItem, { width, me }: Pick<ItemContext, 'width' | 'me'>): Line[] {
  const by = byWhom(item.by, me);
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

export const approval: Renderer<ApprovalItem> = (item, context) => {
  const { width, answering, answerHint, sideBySide } = context;
  if (item.state !== 'open') return answered(item, context);
  const inner = width - 2;
  const lines: Line[] = [
    ...wrap([span('Allow? ', 'warning'), span(sanitizeLine(item.tool.title), 'strong')], inner),
    ...toolLines(item.tool, inner, sideBySide),
    [],
    ...wrap(answerSpans(item, answering), inner),
    ...(answering || answerHint === '' ? [] : wrap([span(answerHint, 'dim')], inner)),
  ];
  return lines.map((l): Line => [span('▌ ', 'warning'), ...l]);
};
