/** The difference of two texts by lines, and of two lines by words, for showing an edit. */
import { sanitize } from '../client/index.js';

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'gap';
  text: string;
  /** Of a gap: the lines that are left out. */
  count?: number;
  /** The part that differs from its counterpart: [from, to). */
  changed?: [number, number];
}

/** Cells of the table of the longest common subsequence. Larger changes are shown as one block out, one block in. */
const MAX_CELLS = 1_000_000;

/** Unchanged lines shown around a change. */
const CONTEXT = 3;

const linesOf = (text: string): string[] => {
  const lines = sanitize(text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

/** Lines of `before` and `after`, with unchanged stretches left out. A null `before` is a new file. */
export function diffLines(before: string | null, after: string): DiffLine[] {
  const a = before === null ? [] : linesOf(before);
  const b = linesOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  const middle = changes(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const all = [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
  return folded(marked(all));
}

function changes(a: string[], b: string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: 'removed', text });
  const added = (text: string): DiffLine => ({ kind: 'added', text });
  if (a.length * b.length > MAX_CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
  const out: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      out.push({ kind: 'same', text: a[i]! });
      i++;
      j++;
    } else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) out.push(removed(a[i++]!));
    else out.push(added(b[j++]!));
  }
  return [...out, ...a.slice(i).map(removed), ...b.slice(j).map(added)];
}

/** Where as many lines went as came, pairs of them show which words changed. */
function marked(lines: DiffLine[]): DiffLine[] {
  for (let i = 0; i < lines.length; ) {
    let mid = i;
    while (lines[mid]?.kind === 'removed') mid++;
    let end = mid;
    while (lines[end]?.kind === 'added') end++;
    if (mid > i && end - mid === mid - i)
      for (let k = 0; k < mid - i; k++) markWords(lines[i + k]!, lines[mid + k]!);
    i = Math.max(end, i + 1);
  }
  return lines;
}

function markWords(removed: DiffLine, added: DiffLine): void {
  const a = removed.text.split(/\b/);
  const b = added.text.split(/\b/);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const length = (words: string[]) => words.join('').length;
  const same = length(a.slice(0, start)) + length(a.slice(a.length - end));
  // Lines that share little are two lines, not one that changed.
  if (same * 3 < Math.max(removed.text.length, added.text.length)) return;
  removed.changed = [length(a.slice(0, start)), length(a.slice(0, a.length - end))];
  added.changed = [length(b.slice(0, start)), length(b.slice(0, b.length - end))];
}

function folded(lines: DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  lines.forEach((l, i) => {
    if (l.kind !== 'same') for (let k = i - CONTEXT; k <= i + CONTEXT; k++) near.add(k);
  });
  const out: DiffLine[] = [];
  lines.forEach((l, i) => {
    if (near.has(i)) out.push(l);
    else if (out.at(-1)?.kind === 'gap') out.at(-1)!.count!++;
    else out.push({ kind: 'gap', text: '', count: 1 });
  });
  return out;
}
