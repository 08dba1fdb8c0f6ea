/** The table of docs/sessions.md, case by case: what a cancel does, and that it does it once. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NODE_SILENT_MS, newId, notificationLine, requestLine, resultLine } from '../../proto/index.js';
import { promptOf, settled, World } from '../support/service-world.js';

const doc = readFileSync(new URL('../../docs/sessions.md', import.meta.url), 'utf8');
const CANCELLED = { stopReason: 'cancelled' };
const DONE = { stopReason: 'end_turn' };
const PROMPT = 700;

/** A session with a running prompt, whose agent answers what it is told when `finish` is called. */
async function scene() {
  const world = await World.start();
  const made = await world.session();
  const { node, client, sessionId } = made;
  const turn = newId();
  const prompt = (id = turn, request = PROMPT) =>
    client.ask('session/prompt', promptOf(sessionId, 'go', id), request);
  const cancel = (turnId?: string, by = client) =>
    by.notify('session/cancel', { sessionId, ...(turnId && { _meta: { praxis: { turnId } } }) });
  const finish = async (result: object, id = turn) => {
    await node.answer(sessionId, id, result);
    await settled();
  };
  const update = (value: object) =>
    node.say(sessionId, notificationLine('session/update', { sessionId, update: value }));
  return { world, ...made, turn, prompt, cancel, finish, update };
}
type Scene = Awaited<ReturnType<typeof scene>>;

interface Case {
  comes: string;
  told: string;
  answers: string;
  leaves: string;
  act(scene: Scene): Promise<unknown>;
}

const TABLE: Case[] = [
  {
    comes: 'while nothing runs',
    ...{ told: 'no', answers: 'nothing', leaves: 'idle' },
    act: ({ cancel }) => cancel(),
  },
  {
    comes: 'in the middle of a text',
    ...{ told: 'yes', answers: 'cancelled', leaves: 'idle' },
    async act({ prompt, node, sessionId, cancel, finish }) {
      await prompt();
      await node.text(sessionId, 'half a sen');
      await cancel();
      await finish(CANCELLED);
    },
  },
  {
    comes: 'in the middle of a tool call',
    ...{ told: 'yes', answers: 'cancelled', leaves: 'idle' },
    async act({ prompt, update, cancel, finish }) {
      await prompt();
      await update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'Build', status: 'in_progress' });
      await cancel();
      await update({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'failed' });
      await finish(CANCELLED);
    },
  },
  {
    comes: 'while the agent waits for an answer',
    ...{ told: 'yes, and its question is answered "cancelled"', answers: 'cancelled', leaves: 'idle' },
    async act({ prompt, node, sessionId, cancel, finish }) {
      await prompt();
      const question = { sessionId, toolCall: { toolCallId: 't' }, options: [] };
      await node.say(sessionId, requestLine(5, 'session/request_permission', question));
      await cancel();
      await settled();
      const answers = node.got.flatMap(({ frame }) => (frame.kind === 'response' ? [frame.line] : []));
      expect(answers).toEqual([resultLine(5, { outcome: { outcome: 'cancelled' } })]);
      await finish(CANCELLED);
    },
  },
  {
    comes: 'twice',
    ...{ told: 'yes', answers: 'cancelled', leaves: 'idle' },
    async act({ prompt, turn, cancel, finish }) {
      await prompt();
      await cancel(turn);
      await cancel(turn);
      await finish(CANCELLED);
    },
  },
  {
    comes: 'late, when the turn that it names has ended',
    ...{ told: 'no', answers: 'end_turn', leaves: 'working on the next prompt' },
    async act({ prompt, turn, cancel, finish }) {
      await prompt();
      await finish(DONE);
      await prompt(newId(), PROMPT + 1);
      await cancel(turn);
    },
  },
  {
    comes: 'from another viewer',
    ...{ told: 'yes', answers: 'cancelled', leaves: 'idle' },
    async act({ world, prompt, turn, cancel, finish, sessionId }) {
      await prompt();
      const other = await world.ready('other');
      await other.call('_praxis/session/attach', { sessionId, after: 0 });
      await cancel(turn, other);
      await finish(CANCELLED);
      expect(other.story().filter((told) => told === '_praxis/turn ended')).toHaveLength(1);
    },
  },
  {
    comes: 'while the node is away',
    ...{ told: 'yes, when the node is back', answers: 'cancelled', leaves: 'idle' },
    async act({ world, node, prompt, cancel, finish, client, sessionId }) {
      await prompt();
      node.vanish();
      await world.clock.advance(NODE_SILENT_MS + 1_000);
      await cancel();
      await settled();
      expect(client.answersTo(PROMPT)).toEqual([]);
      expect(node.got.some(({ frame }) => 'method' in frame && frame.method === 'session/cancel')).toBe(
        false,
      );
      node.listen();
      await node.hello();
      await settled();
      await finish(CANCELLED);
      expect(node.sessions.has(sessionId)).toBe(true);
    },
  },
  {
    comes: 'for a prompt that waits',
    ...{ told: 'no', answers: 'error -32800', leaves: 'working on the prompt before it' },
    async act({ prompt, turn, cancel }) {
      await prompt(newId(), PROMPT + 1);
      await prompt();
      await cancel(turn);
    },
  },
  {
    comes: 'when the agent has just finished',
    ...{ told: 'yes', answers: 'end_turn', leaves: 'idle' },
    async act({ prompt, turn, cancel, finish }) {
      await prompt();
      await cancel(turn);
      await finish(DONE);
    },
  },
];

describe('a cancel', () => {
  it.each(TABLE)('$comes', async ({ comes, told, answers, leaves, act }) => {
    expect(doc).toContain(`| ${comes} | ${told} | ${answers} | ${leaves} |`);
    const made = await scene();
    await act(made);
    await settled();
    const { node, client, sessionId } = made;
    const heard = node.got.some(({ frame }) => 'method' in frame && frame.method === 'session/cancel');
    expect(heard).toBe(told.startsWith('yes'));
    const got = client.answersTo(PROMPT).map(({ result, error }) => {
      const reason = (result as { stopReason?: string } | undefined)?.stopReason;
      return reason ?? `error ${error?.code}`;
    });
    expect(got).toEqual(answers === 'nothing' ? [] : [answers]);
    const { sessions } = await client.call<{ sessions: { state: string }[] }>('_praxis/session/find', {
      prefix: sessionId,
    });
    expect(leaves.split(' ')[0]).toBe(sessions[0]?.state);
    // Nothing of it is left for the next prompt.
    if (leaves !== 'idle') return;
    node.onPrompt = (session, { id }) => void node.answer(session, id, DONE);
    expect(await client.call('session/prompt', promptOf(sessionId, 'next'), 900)).toEqual(DONE);
    expect(client.answersTo(PROMPT)).toHaveLength(got.length);
  });

  it('has no other case in the documentation', () => {
    const rows = doc.slice(doc.indexOf('| a cancel that comes')).split('\n\n')[0]!.split('\n').slice(2);
    expect(rows).toHaveLength(TABLE.length);
  });
});
