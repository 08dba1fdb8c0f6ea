/** What a tool call reads, writes and prints, as lines: commands, output, coloured diffs. */
import { sanitize, sanitizeLine, type ToolContent, type ToolFacts } from '../../client/index.js';
import { diffLines } from '../diff.js';
import { chop, type Line, type Style, span, wrap } from '../draw/line.js';
import { changeLines } from './diff-lines.js';

/** Lines of one output that are shown, and characters of one line; the transcript has all of them. */
const MAX_OUTPUT_LINES = 400;
const MAX_LINE = 10_000;

const plain = (text: string, width: number, style: Style): Line[] =>
  text
    .split('\n')
    .flatMap((l) =>
      l.length <= MAX_LINE
        ? chop([span(l, style)], width)
        : chop(
            [
              span(l.slice(0, MAX_LINE), style),
              span(` … ${l.length - MAX_LINE} more characters …`, 'warning'),
            ],
            width,
          ),
    );

/** The first and last lines of a long output, with how many are left out between them. */
function output(text: string, width: number): Line[] {
  const lines = sanitize(text).replace(/\n+$/, '').split('\n');
  if (lines.length <= MAX_OUTPUT_LINES) return plain(lines.join('\n'), width, 'dim');
  const half = MAX_OUTPUT_LINES / 2;
  return [
    ...plain(lines.slice(0, half).join('\n'), width, 'dim'),
    ...chop([span(`… ${lines.length - MAX_OUTPUT_LINES} more lines …`, 'warning')], width),
    ...plain(lines.slice(-half).join('\n'), width, 'dim'),
  ];
}

function diff(content: Extract<ToolContent, { type: 'diff' }>, width: number, sideBySide: boolean): Line[] {
  const what = content.oldText === null ? 'new file ' : '';
  return [
    ...chop([span(what, 'dim'), span(sanitizeLine(content.path), 'strong')], width),
    ...changeLines(content.oldText, content.newText, width, sideBySide),
  ];
}

/** `+3 −1` over all diffs of a call; null without one. */
export function diffCount(content: readonly ToolContent[]): string | null {
  let added = 0;
  let removed = 0;
  let any = false;
  for (const c of content) {
    if (c.type !== 'diff') continue;
    any = true;
    for (const l of diffLines(c.oldText, c.newText)) {
      if (l.kind === 'added') added++;
      if (l.kind === 'removed') removed++;
    }
  }
  return any ? `+${added} −${removed}` : null;
}

/** The command line of a call that runs one. */
export function commandOf(tool: ToolFacts): string | null {
  if (typeof tool.rawInput !== 'object' || tool.rawInput === null) return null;
  const { command, cmd } = tool.rawInput as { command?: unknown; cmd?: unknown };
  const given = command ?? cmd;
  if (typeof given === 'string') return sanitize(given);
  if (Array.isArray(given) && given.every((part) => typeof part === 'string'))
    return sanitize(given.join(' '));
  return null;
}

function contentLines(content: ToolContent, width: number, sideBySide: boolean): Line[] {
  if (content.type === 'diff') return diff(content, width, sideBySide);
  if (content.type === 'text') return output(content.text, width);
  return chop([span(`terminal ${sanitizeLine(content.terminalId)}`, 'dim')], width);
}

/** Everything there is to know of a call: its command or input, then its content. */
export function toolLines(tool: ToolFacts, width: number, sideBySide: boolean): Line[] {
  const command = commandOf(tool);
  const lines: Line[][] = [];
  if (command !== null) lines.push(wrap([span('$ ', 'dim'), span(command, 'code')], width, 2));
  for (const content of tool.content) lines.push(contentLines(content, width, sideBySide));
  if (lines.length === 0 && tool.rawInput !== null && tool.rawInput !== undefined)
    lines.push(output(JSON.stringify(tool.rawInput, null, 2), width));
  if (tool.content.length === 0 && typeof tool.rawOutput === 'string')
    lines.push(output(tool.rawOutput, width));
  return lines.flat();
}
