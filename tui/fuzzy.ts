/** Finding things by some letters of their names, in their order. */

/** How well `wanted` (lower case, no spaces) fits `text`: more is better; null: it does not. */
function fuzzyScore(wanted: string, text: string): number | null {
  const lower = text.toLowerCase();
  let at = -1;
  let score = 0;
  for (const c of wanted) {
    const next = lower.indexOf(c, at + 1);
    if (next < 0) return null;
    // Letters that stand together, and those that begin a word, are what a person means.
    if (next === at + 1) score += 3;
    if (next === 0 || /[\s/_.-]/.test(lower[next - 1]!)) score += 2;
    at = next;
  }
  const whole = lower.indexOf(wanted);
  return score + (whole >= 0 ? wanted.length * 4 : 0) - lower.length / 1000;
}

/** The ones of `all` that fit `filter`: the best first, or in their own order. */
export function fuzzyRank<T>(
  filter: string,
  all: readonly T[],
  textOf: (one: T) => string,
  best = true,
): T[] {
  const wanted = filter.toLowerCase().replace(/\s/g, '');
  if (wanted === '') return [...all];
  const scored = all.flatMap((one) => {
    const score = fuzzyScore(wanted, textOf(one));
    return score === null ? [] : [{ one, score }];
  });
  if (best) scored.sort((a, b) => b.score - a.score);
  return scored.map(({ one }) => one);
}
