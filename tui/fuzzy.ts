/** Finding things by some letters of their names, in their order. */

/** How well `phrase` (lower case) fits `text`, by its letters and as it is: more is better; null: it does not. */
function fuzzyScore(phrase: string, text: string): number | null {
  const wanted = phrase.replaceAll(' ', '');
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
  // What was typed, as it is: best where a word begins with it, and better yet where the name does.
  const whole = ` ${lower}`.indexOf(` ${phrase}`);
  const each = whole === 0 ? 7 : whole > 0 ? 6 : lower.includes(phrase) ? 4 : 0;
  return score + wanted.length * each - lower.length / 1000;
}

/** The ones of `all` that fit `filter`: the best first, or in their own order. */
export function fuzzyRank<T>(
  filter: string,
  all: readonly T[],
  textOf: (one: T) => string,
  best = true,
): T[] {
  const phrase = filter.toLowerCase().trim().replace(/\s+/g, ' ');
  if (phrase === '') return [...all];
  const scored = all.flatMap((one) => {
    const score = fuzzyScore(phrase, textOf(one));
    return score === null ? [] : [{ one, score }];
  });
  if (best) scored.sort((a, b) => b.score - a.score);
  return scored.map(({ one }) => one);
}
