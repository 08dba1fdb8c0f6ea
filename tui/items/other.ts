/** Plans, notices, and what has no renderer of its own. */
import {
  type NoticeItem,
  type OtherItem,
  type PlanItem,
  sanitize,
  sanitizeLine,
} from '../../client/index.js';
import { fitted, type Line, type Style, span, wrap } from '../draw/line.js';
import type { Renderer } from './context.js';

const PENDING: [glyph: string, style: Style] = ['·', 'dim'];
/** By the agent's word for it, which may be any. */
const MARKS = new Map<string, [glyph: string, style: Style]>([
  ['completed', ['✔', 'good']],
  ['in_progress', ['▸', 'busy']],
  ['pending', PENDING],
]);

/** Columns of the bar that shows how much of a plan is done. */
const BAR = 12;

export const plan: Renderer<PlanItem> = (item, { width }) => {
  const done = item.entries.filter((e) => e.status === 'completed').length;
  const entries = item.entries.flatMap((entry) => {
    const [glyph, style] = MARKS.get(entry.status) ?? PENDING;
    const text = span(sanitizeLine(entry.content), entry.status === 'completed' ? 'dim' : 'text');
    return wrap([span(`  ${glyph} `, style), text], width, 4).map(
      (l, i): Line => (i === 0 ? l : [span('    '), ...l]),
    );
  });
  const full = Math.round((done / Math.max(1, item.entries.length)) * BAR);
  const head: Line = [
    span('Plan ', 'strong'),
    span(`${done}/${item.entries.length} `, 'dim'),
    span('━'.repeat(full), 'good'),
    span('╌'.repeat(BAR - full), 'rule'),
  ];
  return [head, ...entries];
};

const SEVERITIES: Record<NoticeItem['severity'], [glyph: string, style: Style]> = {
  info: ['ℹ', 'dim'],
  warning: ['!', 'warning'],
  error: ['✘', 'bad'],
};

export const notice: Renderer<NoticeItem> = (item, { width }) => {
  const [glyph, style] = SEVERITIES[item.severity];
  return wrap([span(`${glyph} ${sanitize(item.text)}`, style)], width, 2);
};

/** Its name; the rest, which is for programs, where it is opened. */
export const other: Renderer<OtherItem> = (item, { width, expanded }) => {
  const name = span(`· ${sanitizeLine(item.label)}`, 'dim');
  return expanded
    ? wrap([name, span(` ${sanitizeLine(item.text)}`, 'dim')], width, 2)
    : [fitted([name], width)];
};
