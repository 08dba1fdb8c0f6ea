/** Writes docs/keys.md from the key map. */
import { writeFileSync } from 'node:fs';
import { keysMarkdown } from '../../tui/keys.js';

writeFileSync(new URL('../../docs/keys.md', import.meta.url), keysMarkdown());
