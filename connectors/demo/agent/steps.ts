/** What each step of a prompt does. A step may end the turn with a stop reason of its own. */
import { randomUUID } from 'node:crypto';
import * as faults from './faults.js';
import { numberAt, type Step } from './script.js';
import { askForm, askTool, readTool, runTool, writeTool } from './tools.js';
import type { StopReason, Turn } from './turn.js';
import { HELP, paceText, welcome } from './welcome.js';

interface StepKind {
  /** A promise is waited for before the next step, if there is one. */
  run?(turn: Turn, text: string, isLast: boolean): unknown;
  /** The step ends the turn. */
  stop?: StopReason;
  /** For the client's list of commands; '' is not listed. */
  about: string;
  hint?: string;
}

/** Bytes of frames that one write of /stream gathers. */
const STREAM_WRITE_BYTES = 64 * 1024;

/** By name. */
export const STEPS: Record<string, StepKind> = {
  chat: { run: (turn, text) => turn.say(welcome(text)), about: '' },
  help: { run: (turn) => turn.say(HELP), about: 'List every step' },
  say: { run: (turn, text) => turn.say(text), about: 'Say a text', hint: 'text' },
  think: {
    run: (turn, text) => turn.say(text || 'Let me think.', 'agent_thought_chunk'),
    about: 'Think aloud',
    hint: 'text',
  },
  echo: { run: echo, about: 'Repeat the text exactly', hint: 'text' },
  plan: { run: plan, about: 'Make a plan and work through it' },
  read: { run: readTool, about: 'Read a file', hint: 'file' },
  write: { run: write, about: 'Write a file, after asking', hint: 'file text' },
  run: { run: runTool, about: 'Run a command, after asking', hint: 'command' },
  ask: {
    run: (turn, text) => askTool(turn, text || 'May I?'),
    about: 'Ask for permission',
    hint: 'question',
  },
  form: { run: askForm, about: 'Ask with a form', hint: 'question' },
  title: {
    run: (turn, title) => turn.update({ sessionUpdate: 'session_info_update', title }),
    about: 'Name the session',
    hint: 'text',
  },
  recall: { run: recall, about: 'Tell what you asked before' },
  slow: { run: slow, about: 'Set the pace', hint: 'milliseconds' },
  stream: { run: stream, about: 'Stream many chunks', hint: 'count [bytes] [milliseconds] [burst]' },
  env: { run: env, about: 'Tell the directory and the names in the environment' },
  fail: { run: (_turn, text) => faults.fail(text), about: 'Fail with an error', hint: 'message' },
  refuse: { stop: 'refusal', about: '' },
  'max-tokens': { stop: 'max_tokens', about: '' },
  hang: { run: faults.hang, about: 'Do nothing until cancelled' },
  'ignore-cancel': { run: ignoreCancel, about: '' },
  'ignore-signals': { run: faults.ignoreSignals, about: '' },
  crash: { run: faults.crash, about: '' },
  exit: { run: (_turn, text) => faults.exit(numberAt(text, 0, 0)), about: '' },
  rubbish: { run: faults.rubbish, about: '' },
  flood: { run: (turn, text) => faults.flood(turn, numberAt(text, 0, 40)), about: '' },
  fork: { run: (turn, text) => faults.fork(turn, numberAt(text, 0, 3_600)), about: '' },
  'unknown-update': { run: faults.unknownUpdate, about: '' },
  meta: { run: faults.meta, about: '' },
};

/** Runs the steps in order. */
export async function runSteps(turn: Turn, steps: readonly Step[]): Promise<StopReason> {
  for (const [i, { name, text }] of steps.entries()) {
    const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
    if (!step) await turn.say(`I do not know \`/${name}\`. \`/help\` lists what I know.`);
    await step?.run?.(turn, text, i === steps.length - 1);
    if (step?.stop) return step.stop;
  }
  return 'end_turn';
}

function echo(turn: Turn, text: string): void {
  turn.update({
    sessionUpdate: 'agent_message_chunk',
    messageId: randomUUID(),
    content: { type: 'text', text },
  });
}

async function plan(turn: Turn): Promise<void> {
  const steps = ['Look around', 'Do the work', 'Check the result'];
  for (let done = 0; done <= steps.length; done++) {
    const entries = steps.map((content, i) => ({
      content,
      priority: 'medium',
      status: i < done ? 'completed' : i === done ? 'in_progress' : 'pending',
    }));
    turn.update({ sessionUpdate: 'plan', entries });
    await turn.sleep(turn.session.pace * 5);
  }
}

async function write(turn: Turn, text: string): Promise<void> {
  const [, file = '', content = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  await writeTool(turn, file, `${content.replaceAll('\\n', '\n')}\n`);
}

/** The prompts before this one, those to an earlier process of the agent among them. */
function recall(turn: Turn): void {
  const before = turn.session.prompts.slice(0, -1);
  echo(turn, before.length > 0 ? `You asked: ${before.join(' | ')}` : 'You asked nothing before.');
}

/** By itself it would look as if nothing had happened, so that it shows what it does. */
async function slow(turn: Turn, text: string, isLast: boolean): Promise<void> {
  turn.session.pace = numberAt(text, 0, 200);
  if (isLast) await turn.say(paceText(turn.session.pace));
}

function ignoreCancel(turn: Turn): void {
  turn.session.ignoreCancel = true;
}

/** `count` numbered chunks of one message, as fast as they are read unless a pause is given; then `burst` of them in one go before each. */
async function stream(turn: Turn, text: string): Promise<void> {
  const [count, bytes, pause] = [numberAt(text, 0, 1_000), numberAt(text, 1, 32), numberAt(text, 2, 0)];
  const burst = Math.max(1, numberAt(text, 3, 1));
  const [before, after] = JSON.stringify({
    jsonrpc: '2.0',
    method: 'session/update',
    params: {
      sessionId: turn.session.id,
      update: {
        sessionUpdate: 'agent_message_chunk',
        messageId: randomUUID(),
        content: { type: 'text', text: '\u0000' },
      },
    },
  }).split('\\u0000');
  let lines = '';
  for (let i = 1; i <= count; i++) {
    lines += `${before}${`${i} `.padEnd(bytes, '.')}${after}\n`;
    const full = pause === 0 ? lines.length >= STREAM_WRITE_BYTES : i % burst === 0;
    if (!full && i < count) continue;
    await turn.orCancelled(turn.wire.write(lines));
    lines = '';
    // A turn of the event loop, so that a cancel is heard between two writes.
    await turn.orCancelled(new Promise<void>((next) => setImmediate(next)));
    if (pause > 0) await turn.sleep(pause);
  }
}

/** Names only: a value may be a secret. */
function env(turn: Turn): void {
  const names = Object.keys(process.env).sort().join(' ');
  echo(turn, `cwd ${process.cwd()}\npid ${process.pid}\n${names}`);
}
