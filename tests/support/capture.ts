/** Writes docs/screen.txt: the chat as a person sees it, at 100×30, from the real program in a real terminal. */
import { writeFileSync } from 'node:fs';
import { KEY, TestTerminal } from './terminal.js';

const program = new URL('./scripted-tui.ts', import.meta.url).pathname;
const terminal = new TestTerminal(process.execPath, ['--import', 'tsx', program], { columns: 100, rows: 30 });
await terminal.waitFor('Demo agent');
terminal.type(KEY.enter);
await terminal.waitFor('Working directory');
terminal.type(KEY.enter);
await terminal.waitFor('Ask the agent something');
terminal.type(`tour${KEY.enter}`);
await terminal.waitFor('done ·');
// The last row is written last.
await terminal.waitFor(/commands {2}Ctrl\+W sessions/);
writeFileSync(new URL('../../docs/screen.txt', import.meta.url), `${terminal.text()}\n`);
terminal.type(KEY.ctrl('q'));
await terminal.waitForExit();
process.exit(0);
