/** A tool call: one line, with all of it below while it is open. */
import { sanitizeLine, type ToolItem, type ToolStatus } from '../../client/index.js';
import { type Line, type Style, sides, span } from '../draw/line.js';
import { diffCount, toolLines } from './content.js';
import type { Renderer } from './context.js';

const LOOKS: Record<ToolStatus, [glyph: string, style: Style, word: string]> = {
  pending: ['○', 'dim', 'pending'],
  in_progress: ['◐', 'busy', 'running'],
  completed: ['✔', 'good', 'done'],
  failed: ['✘', 'bad', 'failed'],
  cancelled: ['⊘', 'dim', 'cancelled'],
};

export const tool: Renderer<ToolItem> = (item, { width, expanded, sideBySide }) => {
  const [glyph, style, word] = LOOKS[item.status];
  const title = sanitizeLine(item.title);
  const path = item.locations[0]?.path;
  const where = path !== undefined && !title.includes(path) ? `  ${sanitizeLine(path)}` : '';
  const changes = diffCount(item.content);
  const head: Line = sides(
    [span(`${glyph} `, style), span(title), span(where, 'dim')],
    [span(changes === null ? '' : ` ${changes}`, 'dim'), span(` ${word}`, style)],
    width,
  );
  if (!expanded) return [head];
  return [head, ...toolLines(item, width - 2, sideBySide).map((l): Line => [span('│ ', 'rule'), ...l])];
};
