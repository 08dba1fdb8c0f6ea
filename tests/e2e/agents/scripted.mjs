/**
 * An ACP agent that does what its prompt says, for the suites that need an agent's every byte in their own hands. The
 * prompt's text is a JSON list of steps:
 *
 *   {"say": 100}             100 message chunks, numbered, as fast as the pipe takes them
 *   {"until": "/file"}       numbered chunks, one a millisecond or so, until the file exists
 *   {"raw": "line"}          this line as it is; $SESSION becomes the session id
 *   {"ask": "line"}          the same, and waits for the answer to the line's id; says the answer as a chunk
 *   {"wait": true}           nothing until session/cancel
 *   {"deaf": true}           nothing, and session/cancel is ignored
 *   {"child": "/file"}       starts a process that would live for an hour and writes its pid to the file
 *   {"exit": 3}              ends the process at once
 *   {"fail": {...}}          answers the prompt with this error
 *   {"result": {...}}        answers the prompt with this result
 *
 * With AGENT_LOG=/file every line that it reads (`< `) and writes (`> `) is in the file before the peer can see it.
 * AGENT_START picks how it starts: `hang` never answers initialize, `rubbish` writes no JSON, `flood` never stops writing,
 * `early` says something before it answers session/new.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const { AGENT_LOG, AGENT_START } = process.env;
const log = (mark, line) => AGENT_LOG && appendFileSync(AGENT_LOG, `${mark} ${line}\n`);

/** Resolves when the pipe has taken the line, so that a flood is paced by its reader. */
async function write(line) {
  log('>', line);
  if (!process.stdout.write(`${line}\n`))
    await new Promise((resolve) => process.stdout.once('drain', resolve));
}
const say = (value) => write(JSON.stringify({ jsonrpc: '2.0', ...value }));

const sessions = new Map();
const answers = new Map();
let count = 0;

const chunk = (sessionId, text) =>
  say({
    method: 'session/update',
    params: { sessionId, update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
  });

function answerTo(line) {
  const { id } = JSON.parse(line);
  return new Promise((resolve) => answers.set(JSON.stringify(id), resolve));
}

async function run(sessionId, steps) {
  const session = sessions.get(sessionId);
  const cancelled = new Promise((resolve) => {
    session.cancel = () => {
      session.cancelled = true;
      resolve();
    };
  });
  for (const step of steps) {
    if (session.cancelled) break;
    if ('say' in step)
      for (let i = 0; i < step.say && !session.cancelled; i++) await chunk(sessionId, `${i} `);
    else if ('until' in step)
      for (let i = 0; !existsSync(step.until) && !session.cancelled; i++) {
        await chunk(sessionId, `${i} `);
        await pause(1);
      }
    else if ('raw' in step) await write(step.raw.replaceAll('$SESSION', sessionId));
    else if ('ask' in step) {
      const line = step.ask.replaceAll('$SESSION', sessionId);
      const answered = answerTo(line);
      await write(line);
      await chunk(sessionId, `answer: ${JSON.stringify(await answered)}`);
    } else if ('wait' in step) await cancelled;
    else if ('deaf' in step) await new Promise(() => setInterval(() => {}, 1_000));
    else if ('child' in step) {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 3600_000)'], { stdio: 'ignore' });
      writeFileSync(step.child, String(child.pid));
    } else if ('exit' in step) process.exit(step.exit);
    else if ('fail' in step) return { error: step.fail };
    else if ('result' in step) return { result: step.result };
  }
  return { result: { stopReason: session.cancelled ? 'cancelled' : 'end_turn' } };
}

const requests = {
  initialize: () => ({
    result: {
      protocolVersion: 1,
      agentCapabilities: { promptCapabilities: { image: true }, sessionCapabilities: { close: {} } },
      agentInfo: { name: 'scripted', version: '1' },
    },
  }),
  async 'session/new'() {
    const sessionId = `native-${++count}`;
    sessions.set(sessionId, {});
    if (AGENT_START === 'early') await chunk(sessionId, 'early');
    return {
      result: {
        sessionId,
        surprise: { a: 1 },
        _meta: { traceparent: '00-0af7-b7ad-01', other: { x: null } },
      },
    };
  },
  async 'session/prompt'({ sessionId, prompt }) {
    const session = sessions.get(sessionId);
    session.cancelled = false;
    return run(sessionId, JSON.parse(prompt[0].text));
  },
  'session/close': ({ sessionId }) => {
    sessions.get(sessionId)?.cancel?.();
    return { result: {} };
  },
};

async function receive(line) {
  log('<', line);
  const { id, method, params, result, error } = JSON.parse(line);
  if (method === undefined) {
    answers.get(JSON.stringify(id))?.(error ? { error } : { result });
    answers.delete(JSON.stringify(id));
  } else if (id === undefined) {
    if (method === 'session/cancel') {
      sessions.get(params.sessionId)?.cancel?.();
      for (const resolve of answers.values()) resolve({ cancelled: true });
      answers.clear();
    }
  } else {
    const handle =
      requests[method] ?? (() => ({ result: { method, heard: { ...params, sessionId: undefined } } }));
    await say({ id, ...(await handle(params)) });
  }
}

if (AGENT_START === 'rubbish') process.stdout.write('Welcome to the agent!\n{"half": \n\u0000\u0001\n');
if (AGENT_START === 'flood') setInterval(() => process.stdout.write('x'.repeat(65_536)), 1);
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  if (AGENT_START !== 'hang' && AGENT_START !== 'flood') receive(line);
});
input.on('close', () => process.exit(0));
