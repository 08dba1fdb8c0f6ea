/** What a schema finds wrong, in one line for a person. It names where, and never what stood there. */
import type { z } from 'zod';

export const problemsOf = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
