/** The difference of two texts as lines: in one column, or the old beside the new. */
import { type DiffLine, diffLines } from '../diff.js';
import { chop, fitted, type Line, type Span, span } from '../draw/line.js';

const SIGNS = { same: '  ', added: '+ ', removed: '- ', gap: '  ' } as const;

function spansOf(l: DiffLine): Span[] {
  if (l.kind === 'gap') return [span(`  ⋯ ${l.count} unchanged`, 'dim')];
  if (l.kind === 'same') return [span(`  ${l.text}`, 'dim')];
  const spans: Span[] = [span(SIGNS[l.kind], l.kind)];
  if (!l.changed) return [...spans, span(l.text, l.kind)];
  const [from, to] = l.changed;
  return [
    ...spans,
    span(l.text.slice(0, from), l.kind),
    span(l.text.slice(from, to), l.kind === 'added' ? 'addedWord' : 'removedWord'),
    span(l.text.slice(to), l.kind),
  ];
}

const SEPARATOR = span(' │ ', 'rule');

/** Two cells beside each other, each on as many lines as it needs. */
function beside(left: DiffLine | undefined, right: DiffLine | undefined, half: number): Line[] {
  const a = left ? chop(spansOf(left), half) : [];
  const b = right ? chop(spansOf(right), half) : [];
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [
    ...fitted(a[i] ?? [], half),
    SEPARATOR,
    ...(b[i] ?? []),
  ]);
}

function sideBySide(lines: readonly DiffLine[], width: number): Line[] {
  const half = Math.max(4, Math.floor((width - 3) / 2));
  const out: Line[][] = [];
  for (let i = 0; i < lines.length; ) {
    const l = lines[i]!;
    if (l.kind === 'same' || l.kind === 'gap') {
      out.push(beside(l, l, half));
      i++;
      continue;
    }
    // A stretch that went stands beside the one that came for it.
    let mid = i;
    while (lines[mid]?.kind === 'removed') mid++;
    let end = mid;
    while (lines[end]?.kind === 'added') end++;
    for (let k = 0; k < Math.max(mid - i, end - mid); k++)
      out.push(
        beside(i + k < mid ? lines[i + k] : undefined, mid + k < end ? lines[mid + k] : undefined, half),
      );
    i = end;
  }
  return out.flat();
}

/** The change from `before` (null: a new file) to `after`. A new file has nothing to stand beside it. */
export function changeLines(before: string | null, after: string, width: number, beside: boolean): Line[] {
  const lines = diffLines(before, after);
  return beside && before !== null ? sideBySide(lines, width) : lines.flatMap((l) => chop(spansOf(l), width));
}
