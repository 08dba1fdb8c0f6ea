import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  argumentsHash,
  ErrorCode,
  errorLine,
  methodNotFound,
  NO_ANSWERER_MS,
  newId,
  notificationLine,
  type OpenApproval,
  requestLine,
  resultLine,
} from '../../proto/index.js';
import { promptOf, settled, type TestNode, World } from '../support/service-world.js';

const PERMISSION = 'session/request_permission';
const OPTIONS = [
  { optionId: 'y', name: 'Yes', kind: 'allow_once' },
  { optionId: 'yy', name: 'Always', kind: 'allow_always' },
  { optionId: 'n', name: 'No', kind: 'reject_once' },
];
const chosen = (optionId: string) => ({ outcome: { outcome: 'selected', optionId } });

const ask = (sessionId: string, id: number, toolCall: object = { kind: 'execute' }) =>
  requestLine(id, PERMISSION, {
    sessionId,
    toolCall: { toolCallId: `t${id}`, title: 'rm -rf /tmp/x', rawInput: { command: 'rm' }, ...toolCall },
    options: OPTIONS,
  });

const answers = (node: TestNode) =>
  node.got.flatMap(({ frame }) => (frame.kind === 'response' ? [[frame.id, frame.result]] : []));

/** A session with a running turn, made with `meta` on a node with `hello`. */
async function working(meta: object = {}, hello: object = {}) {
  const world = await World.start();
  const node = world.node();
  await node.hello(hello);
  const client = await world.ready();
  const made = await client.call<{ sessionId: string; error?: { code: number } }>('session/new', {
    cwd: '/tmp',
    mcpServers: [],
    _meta: { praxis: meta },
  });
  const { sessionId } = made;
  const turn = newId();
  if (sessionId) await client.ask('session/prompt', promptOf(sessionId, 'go', turn), 500);
  const inbox = async () =>
    (await client.call<{ approvals: OpenApproval[] }>('_praxis/approvals', {})).approvals;
  const answer = (params: object) =>
    client.call<{ error?: { code: number }; optionId?: string }>('_praxis/approvals/answer', params);
  return { world, node, client, sessionId, turn, inbox, answer, made };
}

/** Says something of the tool call `t`. */
const announcing = (node: TestNode, sessionId: string) => (sessionUpdate: string, more: object) =>
  node.say(
    sessionId,
    notificationLine('session/update', { sessionId, update: { sessionUpdate, toolCallId: 't', ...more } }),
  );

describe('the inbox of approvals', () => {
  it('lists with a question what the agent announced of its call, where the question names only that', async () => {
    const { node, sessionId, inbox } = await working();
    const say = announcing(node, sessionId);
    await say('tool_call', { title: 'Run', kind: 'execute', rawInput: { command: 'rm -rf x' } });
    await say('tool_call_update', { title: 'rm -rf x', kind: null });
    await node.say(
      sessionId,
      requestLine(1, PERMISSION, { sessionId, toolCall: { toolCallId: 't' }, options: OPTIONS }),
    );
    await settled();
    const [one] = await inbox();
    expect(one?.params).toMatchObject({
      toolCall: { toolCallId: 't', title: 'rm -rf x', kind: 'execute', rawInput: { command: 'rm -rf x' } },
    });
  });

  it('reads a question, which may be large, once, and not with all that its agent goes on to say of its calls', async () => {
    const { node, sessionId } = await working();
    await node.say(sessionId, ask(sessionId, 1, { rawInput: { large: 'x'.repeat(10_000) } }));
    await settled();
    const parse = vi.spyOn(JSON, 'parse');
    const say = announcing(node, sessionId);
    for (let i = 0; i < 5; i++) await say('tool_call_update', { title: `other ${i}` });
    const reads = parse.mock.calls.filter(([text]) => text.length > 10_000);
    parse.mockRestore();
    expect(reads.length).toBeLessThanOrEqual(1);
  });

  it('lists the open questions of all sessions, with the exact arguments and their hash', async () => {
    const { world, node, client, sessionId, inbox } = await working();
    const other = await client.call<{ sessionId: string }>('session/new', { cwd: '/tmp', mcpServers: [] });
    await node.say(sessionId, ask(sessionId, 1));
    await world.clock.advance(10);
    await node.say(other.sessionId, ask(other.sessionId, 2));
    await settled();
    const [first, second] = await inbox();
    expect(first).toMatchObject({ sessionId, node: 'box', method: PERMISSION, denyAt: null });
    expect(first?.params).toMatchObject({ toolCall: { rawInput: { command: 'rm' } }, options: OPTIONS });
    expect(first?.hash).toBe(argumentsHash(ask(sessionId, 1)));
    expect(second?.sessionId).toBe(other.sessionId);
  });

  it('answers by the kind of an option, once; the same answer again is the same, another is refused', async () => {
    const { node, client, sessionId, inbox, answer } = await working();
    await node.say(sessionId, ask(sessionId, 1));
    await settled();
    const [{ requestId, hash } = { requestId: '', hash: '' }] = await inbox();
    expect(await answer({ requestId, choice: 'allow_always', hash })).toEqual({ sessionId, optionId: 'yy' });
    expect(await answer({ requestId, choice: { optionId: 'yy' } })).toMatchObject({ optionId: 'yy' });
    expect((await answer({ requestId, choice: 'reject_once' })).error?.code).toBe(ErrorCode.Conflict);
    expect(answers(node)).toEqual([[1, chosen('yy')]]);
    expect(await inbox()).toEqual([]);
    expect(client.story()).toContain('_praxis/request/resolved');
  });

  it('refuses an answer that was given to other arguments, and the question stays open', async () => {
    const { node, client, sessionId, inbox, answer } = await working();
    await node.say(sessionId, ask(sessionId, 1));
    await settled();
    const [{ requestId } = { requestId: '' }] = await inbox();
    const hash = argumentsHash(ask(sessionId, 1, { rawInput: { command: 'ls' } }));
    expect((await answer({ requestId, choice: 'allow_once', hash })).error?.code).toBe(ErrorCode.Conflict);
    await client.send(resultLine(requestId, { ...chosen('y'), _meta: { praxis: { hash } } }));
    await settled();
    expect(answers(node)).toEqual([]);
    expect(client.story()).toContain('_praxis/session/notice');
    const right = argumentsHash(ask(sessionId, 1));
    await client.send(resultLine(requestId, { ...chosen('y'), _meta: { praxis: { hash: right } } }));
    await settled();
    expect(answers(node)).toEqual([[1, chosen('y')]]);
  });

  it('says who can answer a question that is not about a permission', async () => {
    const { node, sessionId, inbox, answer } = await working();
    await node.say(sessionId, requestLine(1, 'elicitation/create', { sessionId, mode: 'form' }));
    await settled();
    const [{ requestId } = { requestId: '' }] = await inbox();
    expect((await answer({ requestId, choice: 'allow_once' })).error).toMatchObject({
      code: ErrorCode.Conflict,
      message: expect.stringContaining('elicitation/create'),
      data: { hint: expect.stringContaining('editor') },
    });
    expect(answers(node)).toEqual([]);
  });

  it('refuses what the agent does not offer and what nobody asked', async () => {
    const { node, sessionId, inbox, answer } = await working();
    await node.say(sessionId, ask(sessionId, 1));
    await settled();
    const [{ requestId } = { requestId: '' }] = await inbox();
    expect((await answer({ requestId, choice: 'reject_always' })).error?.code).toBe(ErrorCode.InvalidParams);
    expect((await answer({ requestId, choice: 'perhaps' })).error?.code).toBe(ErrorCode.InvalidParams);
    expect((await answer({ requestId: newId(), choice: 'allow_once' })).error?.code).toBe(ErrorCode.Conflict);
    expect(answers(node)).toEqual([]);
  });
});

const FORM = {
  mode: 'form',
  message: 'Which branch?',
  requestedSchema: {
    type: 'object',
    properties: { branch: { type: 'string', enum: ['main', 'next'] }, fast: { type: 'boolean' } },
    required: ['branch'],
  },
};
const form = (sessionId: string, id: number) => requestLine(id, 'elicitation/create', { sessionId, ...FORM });

describe('a form of an agent', () => {
  it('waits in the inbox although nobody looks at its session, and is answered there', async () => {
    const { node, client, sessionId, inbox, answer } = await working();
    await client.call('_praxis/session/detach', { sessionId });
    await node.say(sessionId, form(sessionId, 1));
    await settled();
    const [{ requestId, hash, params } = { requestId: '', hash: '', params: {} }] = await inbox();
    expect(params).toMatchObject({ message: 'Which branch?' });
    const content = { branch: 'next', fast: true };
    const done = await answer({ requestId, choice: { action: 'accept', content }, hash });
    expect(done).toEqual({ sessionId, action: 'accept' });
    expect(answers(node)).toEqual([[1, { action: 'accept', content }]]);
    expect(await inbox()).toEqual([]);
  });

  it('takes no answer that its schema does not allow, and none of another kind', async () => {
    const { node, sessionId, inbox, answer } = await working();
    await node.say(sessionId, form(sessionId, 1), ask(sessionId, 2));
    await settled();
    const [{ requestId } = { requestId: '' }, permission] = await inbox();
    const content = { branch: 'other', fast: true };
    expect((await answer({ requestId, choice: { action: 'accept', content } })).error).toMatchObject({
      code: ErrorCode.InvalidParams,
      message: 'branch must be one of the choices',
      data: { problems: { branch: 'must be one of the choices' } },
    });
    expect((await answer({ requestId, choice: 'allow_once' })).error?.code).toBe(ErrorCode.Conflict);
    const decline = { action: 'decline' };
    const other = await answer({ requestId: permission!.requestId, choice: decline });
    expect(other.error?.code).toBe(ErrorCode.Conflict);
    expect(answers(node)).toEqual([]);
    expect(await answer({ requestId, choice: decline })).toEqual({ sessionId, action: 'decline' });
    expect(answers(node)).toEqual([[1, decline]]);
  });

  it('is cancelled when its time is over, and where a session has nobody to answer', async () => {
    const limited = await working({ approvals: { denyAfterSecs: 30 } });
    await limited.node.say(limited.sessionId, form(limited.sessionId, 1));
    await settled();
    const [open] = await limited.inbox();
    expect(open?.denyAt).toBe(open!.at + 30_000);
    await limited.world.clock.advance(31_000);
    expect(answers(limited.node)).toEqual([[1, { action: 'cancel' }]]);
    const alone = await working({ interactive: false });
    await alone.client.call('_praxis/session/detach', { sessionId: alone.sessionId });
    await alone.node.say(alone.sessionId, form(alone.sessionId, 1));
    await alone.world.clock.advance(NO_ANSWERER_MS + 1_000);
    expect(answers(alone.node)).toEqual([[1, { action: 'cancel' }]]);
  });

  it('is cancelled where only such look that cannot show it, and stays where they have gone', async () => {
    const { node, client, sessionId, inbox } = await working();
    await node.say(sessionId, form(sessionId, 1));
    await settled();
    await client.send(errorLine((await inbox())[0]!.requestId, methodNotFound('elicitation/create')));
    await settled();
    expect(answers(node)).toEqual([[1, { action: 'cancel' }]]);
    expect(client.story()).toContain('_praxis/session/notice');
    await node.say(sessionId, form(sessionId, 2));
    await client.call('_praxis/session/detach', { sessionId });
    await settled();
    expect(await inbox()).toHaveLength(1);
  });
});

describe('the policy of approvals', () => {
  const auto = (...kinds: string[]) => ({ approvals: { auto: kinds } });

  it('asks about everything unless something else was set', async () => {
    const { world, node, sessionId, inbox } = await working();
    await node.say(sessionId, ask(sessionId, 1, { kind: 'read' }));
    await world.clock.advance(60_000);
    expect(await inbox()).toHaveLength(1);
  });

  it('allows the named kinds at once, by the weakest "allow", and shows question and answer', async () => {
    const { node, client, sessionId, inbox } = await working(auto('read'));
    await node.say(sessionId, ask(sessionId, 1, { kind: 'read' }), ask(sessionId, 2, { kind: 'edit' }));
    await settled();
    expect(answers(node)).toEqual([[1, chosen('y')]]);
    expect(await inbox()).toHaveLength(1);
    const resolved = client
      .events()
      .find(({ frame }) => 'method' in frame && frame.method === '_praxis/request/resolved');
    expect(resolved?.frame).toMatchObject({ params: { by: 'policy', result: chosen('y') } });
  });

  it('knows the kind of a call that was announced before, and asks when it knows none', async () => {
    const { node, sessionId, inbox } = await working(auto('search'));
    const update = { sessionUpdate: 'tool_call', toolCallId: 't1', title: 'Find', kind: 'search' };
    await node.say(sessionId, notificationLine('session/update', { sessionId, update }));
    await node.say(sessionId, ask(sessionId, 1, { kind: undefined }), ask(sessionId, 2, { kind: undefined }));
    await settled();
    expect(answers(node)).toEqual([[1, chosen('y')]]);
    expect((await inbox()).map(({ params }) => params.toolCall)).toMatchObject([{ toolCallId: 't2' }]);
  });

  it('comes from the node where the session sets none', async () => {
    const { node, sessionId } = await working({}, { policy: auto('read') });
    await node.say(sessionId, ask(sessionId, 1, { kind: 'read' }));
    await settled();
    expect(answers(node)).toEqual([[1, chosen('y')]]);
    const own = await working(auto(), { policy: auto('read') });
    await own.node.say(own.sessionId, ask(own.sessionId, 1, { kind: 'read' }));
    await settled();
    expect(answers(own.node)).toEqual([]);
  });

  it('may not allow more than the owner of the node does where YOLO is denied', async () => {
    const denied = { yolo: 'deny', policy: auto('read') };
    expect((await working(auto('read'), denied)).sessionId).toBeDefined();
    expect((await working(auto('read', 'edit'), denied)).made.error?.code).toBe(ErrorCode.Forbidden);
  });

  it('rejects after its time limit, also when somebody watches', async () => {
    const { world, node, client, sessionId, inbox } = await working({ approvals: { denyAfterSecs: 30 } });
    await node.say(sessionId, ask(sessionId, 1));
    await settled();
    const [open] = await inbox();
    expect(open?.denyAt).toBe(open!.at + 30_000);
    await world.clock.advance(29_000);
    await node.beat();
    expect(answers(node)).toEqual([]);
    await world.clock.advance(2_000);
    expect(answers(node)).toEqual([[1, chosen('n')]]);
    expect(client.story().filter((told) => told === '_praxis/session/notice')).toHaveLength(1);
  });

  it('rejects for a session that said nobody answers, unless a viewer can', async () => {
    const { world, node, client, sessionId } = await working({ interactive: false });
    await node.say(sessionId, ask(sessionId, 1));
    await world.clock.advance(2 * NO_ANSWERER_MS);
    expect(answers(node)).toEqual([]);
    client.vanish();
    await node.text(sessionId, 'nobody hears this');
    const robot = await world.ready('robot', { interactive: false });
    await robot.call('_praxis/session/attach', { sessionId, after: 0 });
    await world.clock.advance(2_000);
    expect(answers(node)).toEqual([[1, chosen('n')]]);
  });

  it('gives the inbox its whole time limit where there is one, also when nobody watches', async () => {
    const approvals = { denyAfterSecs: 60 };
    const { world, node, client, sessionId, inbox } = await working({ interactive: false, approvals });
    await client.call('_praxis/session/detach', { sessionId });
    await node.say(sessionId, ask(sessionId, 1));
    await world.clock.advance(2 * NO_ANSWERER_MS);
    expect(await inbox()).toHaveLength(1);
    await world.clock.advance(60_000);
    expect(answers(node)).toEqual([[1, chosen('n')]]);
  });

  it('survives a restart of the service, and so do its time limit and the title that a person gave', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'px-inbox-'));
    const file = join(dir, 'x.db');
    const world = await World.start(file);
    const { node, client, sessionId } = await world.session();
    await client.call('_praxis/session/configure', { sessionId, approvals: { denyAfterSecs: 60 } });
    await client.call('_praxis/session/rename', { sessionId, title: 'Mine' });
    await client.ask('session/prompt', promptOf(sessionId, 'go'), 500);
    await node.say(sessionId, ask(sessionId, 1));
    await settled();
    await world.restart(file);
    const later = await world.ready('later');
    await node.hello();
    const { approvals } = await later.call<{ approvals: OpenApproval[] }>('_praxis/approvals', {});
    expect(approvals).toMatchObject([{ sessionId, title: 'Mine', hash: argumentsHash(ask(sessionId, 1)) }]);
    expect(approvals[0]!.denyAt).toBe(approvals[0]!.at + 60_000);
    await world.clock.advance(61_000);
    expect(answers(node)).toEqual([[1, chosen('n')]]);
    await world.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('shows of a question after a restart of the service what it showed before', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'px-inbox-'));
    const file = join(dir, 'x.db');
    const world = await World.start(file);
    const { node, client, sessionId } = await world.session();
    const say = announcing(node, sessionId);
    const prompt = async (id: number) => {
      const turn = newId();
      await client.ask('session/prompt', promptOf(sessionId, 'go', turn), id);
      return turn;
    };
    const first = await prompt(500);
    await say('tool_call', {
      title: 'Another call',
      rawInput: { command: 'ls' },
      locations: [{ path: '/a' }],
    });
    await node.answer(sessionId, first, { stopReason: 'end_turn' });
    await prompt(501);
    await say('tool_call', { title: 'Edit', kind: 'edit', rawInput: { file: 'x' } });
    await say('tool_call_update', { content: [{ type: 'diff', path: 'x', oldText: 'a', newText: 'b' }] });
    // However long ago it was announced, and what is said of it while the question is open.
    await node.text(sessionId, ...Array.from({ length: 12_000 }, () => 'thinking'));
    await node.say(
      sessionId,
      requestLine(1, PERMISSION, { sessionId, toolCall: { toolCallId: 't' }, options: OPTIONS }),
    );
    await say('tool_call_update', { title: 'Edit x' });
    await settled();
    const inbox = async (who: typeof client) =>
      (await who.call<{ approvals: OpenApproval[] }>('_praxis/approvals', {})).approvals;
    const [before] = await inbox(client);
    expect(before?.params).toEqual({
      sessionId,
      toolCall: {
        ...{ toolCallId: 't', title: 'Edit x', kind: 'edit', rawInput: { file: 'x' } },
        content: [{ type: 'diff', path: 'x', oldText: 'a', newText: 'b' }],
      },
      options: OPTIONS,
    });
    await world.restart(file);
    expect(await inbox(await world.ready('later'))).toEqual([before]);
    await world.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('rejects when the only viewer of such a session has abstained', async () => {
    const { world, node, client, sessionId, inbox } = await working({ interactive: false });
    await node.say(sessionId, ask(sessionId, 1));
    await settled();
    const [{ requestId } = { requestId: '' }] = await inbox();
    await client.send(errorLine(requestId, methodNotFound(PERMISSION)));
    await settled();
    expect(answers(node)).toEqual([]);
    await world.clock.advance(NO_ANSWERER_MS + 1_000);
    expect(answers(node)).toEqual([[1, chosen('n')]]);
  });
});

describe('a limit', () => {
  it('refuses one session more than the owner of the node allows, and says which limit', async () => {
    const { client, sessionId } = await working({}, { policy: { maxSessions: 1 } });
    const more = () => client.call<{ error?: object }>('session/new', { cwd: '/tmp', mcpServers: [] });
    expect((await more()).error).toMatchObject({
      code: ErrorCode.TooManySessions,
      data: { node: 'box', limit: 1 },
    });
    await client.call('session/close', { sessionId });
    expect((await more()).error).toBeUndefined();
  });

  it('refuses a prompt to a full journal, and what runs goes on', async () => {
    const world = await World.start(':memory:', undefined, { maxJournal: 2_000 });
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'go', turn), 500);
    await node.text(sessionId, 'x'.repeat(3_000));
    await settled();
    expect(await client.call('session/prompt', promptOf(sessionId, 'more'))).toMatchObject({
      error: { code: ErrorCode.JournalFull, data: { limit: 2_000 } },
    });
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    await settled();
    expect(client.answersTo(500)[0]?.result).toEqual({ stopReason: 'end_turn' });
  });
});
