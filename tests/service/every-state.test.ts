/**
 * Every state with everything that can happen in it, on the real core: the table "What happens in which state" of docs/sessions.md is read
 * and done, cell by cell. A cell says the state afterwards, and of what somebody asked for also whether it was refused.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ErrorCode,
  NODE_SILENT_MS,
  newId,
  notificationLine,
  requestLine,
  resultLine,
  SessionState,
} from '../../proto/index.js';
import { promptOf, settled, World } from '../support/service-world.js';

const doc = readFileSync(new URL('../../docs/sessions.md', import.meta.url), 'utf8');
const DONE = { stopReason: 'end_turn' };

type Answer = { error?: { code: number } };

/** A session and hands to do with it what can be done. */
async function scene() {
  const world = await World.start();
  const node = world.node();
  await node.hello();
  const client = await world.ready();
  const sessionId = newId();
  const turn = newId();
  let question = 0;
  const call = async (method: string, more: object = {}): Promise<Answer | undefined> => {
    const id = `call-${method}`;
    await client.ask(method, { sessionId, ...more }, id);
    await settled();
    return client.answersTo(id)[0];
  };
  const open = (answered: boolean) => {
    if (!answered) node.onOpen = () => {};
    return call('session/new', { cwd: '/tmp', mcpServers: [], _meta: { praxis: { sessionId } } });
  };
  const say = async (line: string) => {
    if (node.sessions.has(sessionId)) await node.say(sessionId, line);
    else await node.event({ session: sessionId, seq: 1, epoch: 1 }, line);
    await settled();
  };
  const ask = () => {
    question++;
    const params = { sessionId, toolCall: { toolCallId: `t${question}` }, options: [] };
    return say(requestLine(question, 'session/request_permission', params));
  };
  const answer = async () => {
    const open = client.heard.filter(({ frame }) => frame.kind === 'request').at(-1)?.frame as { id: string };
    await client.send(resultLine(open?.id ?? 'none', { outcome: { outcome: 'selected', optionId: 'y' } }));
    await settled();
  };
  const prompt = () => call('session/prompt', promptOf(sessionId, 'go', turn));
  const silence = async () => {
    node.vanish();
    await world.clock.advance(NODE_SILENT_MS + 1_000);
  };
  const back = async () => {
    node.listen();
    await node.hello();
    await settled();
  };
  const exit = async () => {
    await say(notificationLine('_praxis/agent/exited', { sessionId, code: 1, signal: null, detail: 'over' }));
    node.sessions.delete(sessionId);
  };
  const state = async (): Promise<string> => {
    const id = `state-${newId()}`;
    await client.ask('_praxis/session/find', { prefix: sessionId }, id);
    await settled();
    const { sessions } = client.answersTo(id)[0]!.result as { sessions: { state: string }[] };
    return sessions[0]?.state ?? 'gone';
  };
  return {
    world,
    node,
    client,
    sessionId,
    turn,
    call,
    open,
    say,
    ask,
    answer,
    prompt,
    silence,
    back,
    exit,
    state,
  };
}
type Scene = Awaited<ReturnType<typeof scene>>;

/** The way into each state. */
const INTO: Record<SessionState, (scene: Scene) => Promise<unknown>> = {
  starting: ({ open }) => open(false),
  idle: ({ open }) => open(true),
  async working(it) {
    await INTO.idle(it);
    await it.prompt();
  },
  async waiting(it) {
    await INTO.working(it);
    await it.ask();
  },
  async lost(it) {
    await INTO.idle(it);
    await it.exit();
  },
  async ended(it) {
    await INTO.idle(it);
    await it.call('session/close');
  },
  async archived(it) {
    await INTO.ended(it);
    await it.call('_praxis/session/archive');
  },
};

/** What happens, by its name in the documentation. What is asked for gives its answer. */
const HAPPENS: Record<string, (scene: Scene) => Promise<unknown>> = {
  'its agent is there': ({ say, sessionId }) =>
    say(resultLine(sessionId, { sessionId, _meta: { praxis: {} } })),
  'a prompt': ({ client, sessionId }) => {
    const id = newId();
    return client
      .ask('session/prompt', promptOf(sessionId, 'more', id), id)
      .then(() => settled())
      .then(() => client.answersTo(id)[0]);
  },
  'a cancel': async ({ client, sessionId }) => {
    await client.notify('session/cancel', { sessionId });
    await settled();
  },
  'the agent asks': ({ ask }) => ask(),
  'an answer': ({ answer }) => answer(),
  'the agent has done': ({ say, turn }) => say(resultLine(turn, DONE)),
  'the agent ends': ({ exit }) => exit(),
  'its node is silent': ({ silence }) => silence(),
  'its node was silent and is back': async ({ silence, back }) => {
    await silence();
    await back();
  },
  'its node starts anew': async ({ node, back }) => {
    node.boot = newId();
    node.sessions.clear();
    await back();
  },
  'its node is stopped': async ({ node }) => {
    await node.hello({ leaving: true });
    await node.event({}, notificationLine('_praxis/node/bye', { boot: node.boot }));
    await settled();
  },
  'its node is removed': async ({ client, node }) => {
    await client.call('_praxis/revoke', { role: 'node', name: node.name });
  },
  resume: ({ call }) => call('_praxis/session/resume'),
  close: ({ call }) => call('session/close'),
  archive: ({ call }) => call('_praxis/session/archive'),
  restore: ({ call }) => call('_praxis/session/restore'),
  delete: ({ call }) => call('session/delete'),
};

const table = doc
  .slice(doc.indexOf('| what happens |'))
  .split('\n\n')[0]!
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const [head = [], , ...rows] = table;

const NAMES = Object.fromEntries(Object.entries(ErrorCode).map(([name, code]) => [code, name]));

describe('what happens in which state', () => {
  it('is a table of every state and everything that can happen', () => {
    expect(head.slice(1)).toEqual(SessionState.options);
    expect(rows.map(([name]) => name)).toEqual(Object.keys(HAPPENS));
    expect(rows.every((cells) => cells.length === head.length)).toBe(true);
  });

  for (const [what, happen] of Object.entries(HAPPENS))
    for (const [at, from] of SessionState.options.entries())
      it(`${from}, ${what}`, async () => {
        const made = await scene();
        await INTO[from](made);
        expect(await made.state()).toBe(from);
        const answer = (await happen(made)) as Answer | undefined;
        const code = answer?.error?.code;
        const after = `${await made.state()}${code === undefined ? '' : `, ${NAMES[code]}`}`;
        expect(after).toBe(rows.find(([name]) => name === what)?.[at + 1]);
        const events = await made.world.store.events(made.sessionId, 0, 10_000);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
        // Nobody waits for ever: what was prompted has one answer at most, and one where nothing runs.
        const answers = made.client.answersTo('call-session/prompt').length;
        expect(answers).toBeLessThanOrEqual(1);
        if (
          ['idle', 'ended', 'archived', 'gone'].some((state) => after.startsWith(state)) &&
          ['working', 'waiting'].includes(from)
        )
          expect(answers).toBe(1);
      });
});
