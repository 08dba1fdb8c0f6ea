/**
 * How Claude Code and Codex take a prompt and tell of a turn when they run on a terminal: what is pasted and submitted, reports of the state
 * (OSC 7501), and rows in a file below the home directory. As much of it as a turn needs.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const THREAD = randomUUID();

const report = (state) => process.stdout.write(`\x1b]7501;state=${state}\x1b\\`);

function addTo(file) {
  mkdirSync(dirname(file), { recursive: true });
  return (row) => appendFileSync(file, `${JSON.stringify(row)}\n`);
}

const claude = {
  begin() {},
  rows() {
    const id = process.argv[process.argv.indexOf('--session-id') + 1];
    const add = addTo(
      join(homedir(), '.claude/projects', process.cwd().replaceAll(/\W/g, '-'), `${id}.jsonl`),
    );
    const said = (content) => add({ type: 'assistant', message: { id: 'm', content } });
    return {
      prompt: (text) => add({ type: 'user', promptId: 'p', message: { role: 'user', content: text } }),
      text: (text) => said([{ type: 'text', text }]),
      done: () => add({ type: 'system', subtype: 'turn_duration' }),
      interrupted: () =>
        add({
          type: 'user',
          message: { content: [{ type: 'text', text: '[Request interrupted by user]' }] },
        }),
    };
  },
};

const codex = {
  begin: () => process.stdout.write(`\x1b]0;${THREAD}\x07`),
  rows() {
    const add = addTo(
      join(homedir(), `.codex/sessions/2026/01/01/rollout-2026-01-01T00-00-00-${THREAD}.jsonl`),
    );
    const event = (payload) => add({ type: 'event_msg', payload });
    const item = (type, text) =>
      event({ type: 'item_completed', item: { type, id: randomUUID(), content: [{ type: 'text', text }] } });
    let message = '';
    return {
      prompt(text) {
        event({ type: 'task_started', turn_id: 'u' });
        item('UserMessage', text);
      },
      // Its rows have whole messages.
      text(piece) {
        message += piece;
        if (!piece.endsWith(' ')) item('AgentMessage', message);
      },
      done: () => event({ type: 'task_complete', turn_id: 'u' }),
      interrupted: () => event({ type: 'turn_aborted', turn_id: 'u' }),
    };
  },
};

/** Runs the program on its terminal; `turn` says its text by the function that it gets. A deaf one heeds no Esc. */
export function interact(program, turn, { isDeaf }) {
  const { begin, rows } = { claude, codex }[program];
  let typed = '';
  let working;
  async function submit(text) {
    working = rows();
    report('working');
    working.prompt(text);
    await turn(working.text);
    working.done();
    working = undefined;
    report('idle');
  }
  process.stdout.write('\x1b[?2004h');
  begin();
  report('idle');
  process.stdin.on('data', (bytes) => {
    typed += bytes;
    const pasted = /\x1b\[200~(.*?)\x1b\[201~.*\r/s.exec(typed)?.[1];
    if (pasted !== undefined && !working) {
      typed = '';
      void submit(pasted);
    } else if (working && typed.includes('\x1b') && !isDeaf) {
      working.interrupted();
      report('idle');
    }
  });
}
