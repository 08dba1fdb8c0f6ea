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
 *   {"rubbish": 10}          that many megabytes of terminal escapes, control characters and noise, in every field of every update
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

/** What a terminal would obey, were it to see it. Each carries a word that no screen may obey or show as its title. */
const ESCAPES = [
  '\x1b]0;EVIL TITLE\x07',
  '\x1b]52;c;RVZJTA==\x07',
  '\x9d52;c;RVZJTA==\x9c',
  '\x1b]8;;http://evil.example\x1b\\EVIL\x1b]8;;\x1b\\',
  '\x1b]9;EVIL\x07',
  '\x1bP+q544e\x1b\\',
  '\x1b_Gf=100;EVIL\x1b\\',
  '\x1b[2J\x1b[H',
  '\x9b2J\x9b31m',
  '\x1b[?1049l\x1b[?25h',
  '\x1b[6n\x1b[c\x1b]11;?\x07',
  '\x1bc\x1b#8\x1b(0',
  '\x1b[5;5r\x1b[99999;99999H',
  '\x1b]0;never ended',
  '\x07\x08\x0b\x0c\x0e\x0f\x00\x7f\x85',
  '\r\rover\r\n',
  '\u202e\u2066\u200f',
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}e\u0301\u0301\u0301\ufe0f',
  '\ud800',
];

/** A repeatable sequence of numbers below `n` (a linear congruence is random enough here). */
function numbers(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function noise(below, length) {
  let text = '';
  while (text.length < length) {
    const kind = below(4);
    if (kind === 0) text += ESCAPES[below(ESCAPES.length)];
    else if (kind === 1) text += String.fromCharCode(...Array.from({ length: 16 }, () => below(256)));
    else if (kind === 2) text += `# | \`\`\` **${'*_[](<'.repeat(below(4))} - \n`;
    else text += 'words between them ';
  }
  return text;
}

/** Updates of every kind, made of noise, until `megabytes` of it are written. The first and the last chunk are plain. */
async function rubbish(sessionId, megabytes) {
  const below = numbers(1);
  const text = (length) => ({ type: 'text', text: noise(below, length) });
  const kinds = [
    () => ({ sessionUpdate: 'agent_message_chunk', content: text(64_000) }),
    () => ({ sessionUpdate: 'agent_thought_chunk', content: text(64_000) }),
    (n) => ({
      sessionUpdate: 'tool_call',
      toolCallId: `noise-${n}`,
      title: noise(below, 2_000),
      kind: 'execute',
      status: n % 2 ? 'completed' : 'failed',
      rawInput: { command: noise(below, 2_000) },
      locations: [{ path: noise(below, 500) }],
      content: [
        { type: 'content', content: text(30_000) },
        { type: 'diff', path: noise(below, 500), oldText: noise(below, 8_000), newText: noise(below, 8_000) },
      ],
    }),
    () => ({
      sessionUpdate: 'plan',
      entries: [{ content: noise(below, 1_000), priority: 'high', status: 'pending' }],
    }),
    () => ({
      sessionUpdate: 'available_commands_update',
      availableCommands: [{ name: noise(below, 50), description: noise(below, 1_000) }],
    }),
    () => ({ sessionUpdate: 'session_info_update', title: noise(below, 150) }),
    () => ({ sessionUpdate: '_noise', noise: noise(below, 1_000) }),
  ];
  await chunk(sessionId, 'before the noise');
  for (let sent = 0, n = 0; sent < megabytes * 1_000_000; n++) {
    const update = kinds[n % kinds.length](n);
    sent += JSON.stringify(update).length;
    await say({ method: 'session/update', params: { sessionId, update } });
  }
  process.stderr.write(noise(below, 10_000));
  await chunk(sessionId, '\n\nafter the noise');
}

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
    } else if ('rubbish' in step) await rubbish(sessionId, step.rubbish);
    else if ('wait' in step) await cancelled;
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
