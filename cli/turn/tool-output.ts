/** What a tool call gave, as lines for a person: its beginning and its end, since an error may stand in either. */
import { sanitize, sanitizeLine, type ToolContent, toolContent } from '../../client/index.js';

/** Lines of the beginning, and of the end, of a longer output. */
const SHOWN = 10;
/** Characters of a line. */
const WIDTH = 400;

const linesOf = (text: string): string[] => sanitize(text).trimEnd().split('\n');

function lines(content: ToolContent): string[] {
  if (content.type === 'text') return linesOf(content.text);
  if (content.type === 'terminal') return [];
  const marked = (mark: string, text: string | null) =>
    text ? linesOf(text).map((line) => `${mark} ${line}`) : [];
  return [sanitizeLine(content.path), ...marked('-', content.oldText), ...marked('+', content.newText)];
}

/** `content` as in ACP's tool calls. Without terminal escapes; at most 21 lines. */
export function toolOutput(content: unknown): string[] {
  const all = (toolContent(content) ?? []).flatMap(lines);
  const kept =
    all.length <= 2 * SHOWN + 1
      ? all
      : [...all.slice(0, SHOWN), `… ${all.length - 2 * SHOWN} more lines`, ...all.slice(-SHOWN)];
  return kept.map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line));
}
