/** Ids that a person types: any beginning that names one thing does. */
import { invalidParams } from '../proto/index.js';

/** The one of `items` whose id begins with `prefix`. Throws InvalidParams, with the matches where there are several. */
export function onlyMatch<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  prefix: string,
  what: string,
): T {
  // Nothing is the beginning of everything, and is what an unset variable of a script gives.
  if (prefix === '') throw invalidParams(`The id of the ${what} is missing`);
  const [found, ...others] = items.filter((item) => idOf(item).startsWith(prefix));
  if (!found) throw invalidParams(`There is no ${what} whose id begins with ${prefix}`);
  if (others.length === 0) return found;
  const matches = [found, ...others].map(idOf);
  throw invalidParams(`${prefix} begins the ids of ${matches.length} ${what}s`, { matches });
}
