/**
 * A stand-in for an agent's program, for every way in which a connector drives one:
 *
 *   stand-in.mjs acp|claude|codex|terminal ...
 *
 * It speaks as much of that agent's protocol as a turn needs; as claude or codex on a terminal, that of the interactive program. The file `fault` in its working directory says what is wrong
 * with it; nothing without one:
 *
 *   exits          ends at its start with exit code 3
 *   hangs          never says anything
 *   rubbish        says things that are no protocol, and nothing else
 *   dies           ends in the middle of the turn with exit code 7
 *   deaf           never ends its turn, and heeds no cancel, SIGINT, SIGTERM, end of input or hangup
 *   forks          starts processes that would live for an hour, in its group, out of it, and with no environment
 *   forks-dies     starts all of these but the one that left the group with no environment, then ends as `dies` does
 *   tells          is well, and says what it was told to open the session with, as JSON
 *   stamps         is well, thinks for a moment, and says the system's monotonic time at which it speaks (nanoseconds)
 *
 * Its own pid and those of its children are in the file `pids`, a line each.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { interact } from './interactive.mjs';

/** No model answers sooner, or is done sooner; what came before is written down everywhere by then. */
const THINKING_MS = 25;

/** The prompt of the program on a terminal. */
const READY = 'ready> ';

const [dialect] = process.argv.slice(2);
const isInteractive = dialect !== 'terminal' && process.stdin.isTTY === true;
const fault = existsSync('fault') ? readFileSync('fault', 'utf8').trim() : '';
const say = (value) =>
  process.stdout.write(typeof value === 'string' ? `${value}\n` : `${JSON.stringify(value)}\n`);
const note = (pid) => fault && appendFileSync('pids', `${pid}\n`);

function fork() {
  const sleep = ['sleep', '3600'];
  const commands = [sleep, ['setsid', ...sleep], ['env', '-i', ...sleep]];
  if (fault === 'forks') commands.push(['setsid', 'env', '-i', ...sleep]);
  for (const command of commands) note(spawn(command[0], command.slice(1), { stdio: 'ignore' }).pid);
}

const die = (code, why) => {
  process.stderr.write(`${why}\n`);
  process.exit(code);
};

/** The turn: what it says, until it is over. Never resolves when the turn shall not end. */
async function turn(text) {
  if (fault === 'stamps') {
    await pause(THINKING_MS);
    text(String(process.hrtime.bigint()));
    return pause(THINKING_MS);
  }
  if (fault === 'tells') return text(JSON.stringify(opening));
  text('working ');
  if (fault === 'forks' || fault === 'forks-dies') fork();
  text('harder');
  if (fault === 'dies' || fault === 'forks-dies') setTimeout(die, 50, 7, 'out of ideas');
  if (['dies', 'forks-dies', 'deaf'].includes(fault)) await new Promise(() => setInterval(() => {}, 1_000));
}

/** What the session was opened with. */
let opening = process.argv.slice(3);

const dialects = {
  acp: {
    async initialize({ id }) {
      say({ jsonrpc: '2.0', id, result: { protocolVersion: 1, agentCapabilities: {} } });
    },
    async 'session/new'({ id }) {
      say({ jsonrpc: '2.0', id, result: { sessionId: 's' } });
    },
    async 'session/prompt'({ id }) {
      await turn((text) => {
        const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } };
        say({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update } });
      });
      say({ jsonrpc: '2.0', id, result: { stopReason: 'end_turn' } });
    },
  },

  claude: {
    async control_request({ request_id, request }) {
      if (fault === 'deaf' && request.subtype === 'interrupt') return;
      const response = {
        commands: [],
        models: [],
        current_permission_mode: 'default',
        claude_code_version: process.env.STAND_IN_VERSION,
      };
      say({ type: 'control_response', response: { subtype: 'success', request_id, response } });
    },
    async user() {
      await turn((text) => {
        const event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
        say({ type: 'stream_event', event, parent_tool_use_id: null });
      });
      say({ type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed', result: '' });
    },
  },

  codex: {
    initialize: async ({ id }) => say({ id, result: {} }),
    'account/read': async ({ id }) => say({ id, result: { requiresOpenaiAuth: false } }),
    async 'thread/start'({ id, params }) {
      opening = params;
      say({ id, result: { thread: { id: 't' }, model: 'm' } });
    },
    'model/list': async ({ id }) => say({ id, result: { data: [] } }),
    async 'turn/interrupt'({ id }) {
      if (fault !== 'deaf') say({ id, result: {} });
    },
    async 'turn/start'({ id }) {
      say({ id, result: { turn: { id: 'u' } } });
      await turn((delta) =>
        say({ method: 'item/agentMessage/delta', params: { threadId: 't', itemId: 'i', delta } }),
      );
      say({ method: 'turn/completed', params: { threadId: 't', turn: { id: 'u', status: 'completed' } } });
    },
  },

  terminal: {
    async line() {
      await turn((text) => process.stdout.write(text));
      process.stdout.write('\n');
      process.stdout.write(READY);
    },
  },
};

function receive(line) {
  if (dialect === 'terminal') return dialects.terminal.line();
  const frame = JSON.parse(line);
  return dialects[dialect][frame.method ?? frame.type]?.(frame);
}

note(process.pid);
if (fault === 'exits') die(3, 'no licence');
if (fault === 'deaf') for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});
if (fault === 'deaf' || fault === 'hangs') setInterval(() => {}, 1_000);
const mute = fault === 'hangs' || fault === 'rubbish';
if (process.argv.includes('status')) say({ loggedIn: true });
else if (isInteractive) {
  process.stdin.setRawMode(true);
  if (mute) process.stdin.resume();
  else interact(dialect, turn, { isDeaf: fault === 'deaf' });
} else {
  createInterface({ input: process.stdin })
    .on('line', (line) => void (mute || receive(line)))
    .on('close', () => void (fault === 'deaf' || process.exit(0)));
  if (dialect === 'terminal') {
    process.stdin.setRawMode?.(true);
    if (!mute) process.stdout.write(READY);
  }
}
while (fault === 'rubbish' && !process.argv.includes('status')) {
  say('Segmentation fault? {"half": [');
  await pause(100);
}
