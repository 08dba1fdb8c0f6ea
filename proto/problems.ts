/** What a schema finds wrong, in one line for a person. It names where, and never what stood there. */
import { z } from 'zod';

export const problemsOf = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) => (path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`))
    .join('; ');
