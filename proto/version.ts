/** The version of this program, and the features that a part tells when it registers. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: the parent of `dist/`, or of `proto/` when run from source. */
export const packageRoot: string = (() => {
  const above = fileURLToPath(new URL('../', import.meta.url));
  return above.endsWith('/dist/') ? fileURLToPath(new URL('../../', import.meta.url)) : above;
})();

export const VERSION: string = JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')).version;

/** Names of abilities that a part may rely on in another one. Only ever added to. */
export const FEATURES: readonly string[] = ['batch', 'attach', 'resend'];
