/** What the client keeps through lost connections, new runs of the service and lost messages. */
import { beforeEach, describe, expect, it } from 'vitest';
import { IDLE_PROBE_MS, SERVICE_SILENT_MS } from '../../client/liveness.js';
import {
  ErrorCode,
  errorLine,
  MAX_FRAME_BYTES,
  notificationLine,
  PraxisError,
  resultLine,
} from '../../proto/index.js';
import { chunk, clientWorld, SESSION, sessionInfo, settled, turn } from '../support/client-world.js';
import { ManualClock } from '../support/service-world.js';

let clock: ManualClock;
let world: ReturnType<typeof clientWorld>;
beforeEach(() => {
  clock = new ManualClock();
  world = clientWorld(clock);
});

const methods = () => world.bus.sent.map((frame) => ('method' in frame ? frame.method : 'answer'));

describe('the link', () => {
  it('says initialize before everything else, on every connection', async () => {
    const answer = world.client.request('_praxis/nodes', {});
    expect(world.bus.sent).toEqual([]);
    world.bus.connect();
    await settled();
    expect(methods()).toEqual(['initialize', '_praxis/nodes']);
    world.bus.drop();
    world.bus.connect();
    await settled();
    expect(methods()).toEqual(['initialize', '_praxis/nodes', 'initialize', '_praxis/nodes']);
    world.bus.deliver({}, resultLine(world.bus.requests('_praxis/nodes')[0]!.id, { nodes: [] }));
    await expect(answer).resolves.toEqual({ nodes: [] });
  });

  it('refuses a request that is larger than a frame may be, which nobody would answer', async () => {
    world.bus.connect();
    await settled();
    const text = '"'.repeat(MAX_FRAME_BYTES / 2);
    await expect(world.client.request('session/prompt', { text })).rejects.toMatchObject({
      code: ErrorCode.FrameTooLarge,
    });
    await settled();
    expect(methods()).toEqual(['initialize']);
  });

  it('repeats what is unanswered under the same ids and in the same order, and nothing that is answered', async () => {
    world.bus.connect();
    world.answer = ({ method }) => (method === 'answered' ? {} : undefined);
    void world.client.request('first', {});
    await world.client.request('answered', {});
    void world.client.request('second', {});
    await settled();
    const before = world.bus.sent.length;
    world.bus.drop();
    world.bus.connect();
    await settled();
    const [initialize, first, second, ...rest] = world.bus.sent.slice(before);
    expect(initialize).toMatchObject({ method: 'initialize' });
    expect(first).toMatchObject({ id: world.bus.requests('first')[0]!.id, method: 'first' });
    expect(second).toMatchObject({ id: world.bus.requests('second')[0]!.id, method: 'second' });
    expect(rest).toEqual([]);
  });

  it('answers with the error that it is given', async () => {
    world.bus.connect();
    await settled();
    world.client.answer(SESSION, 'question', { error: { code: -32601, message: 'no', data: { why: 1 } } });
    await settled();
    expect(world.bus.sent.at(-1)).toMatchObject({
      kind: 'response',
      id: 'question',
      error: { code: -32601, message: 'no', data: { why: 1 } },
    });
  });

  it('keeps a cancel and an answer until the broker has confirmed them, in order with the requests', async () => {
    world.bus.connect();
    await settled();
    world.bus.confirms = false;
    void world.client.request('session/prompt', { sessionId: SESSION });
    world.client.cancel(SESSION);
    world.client.answer(SESSION, 'question', { result: {} });
    await settled();
    world.bus.drop();
    world.bus.confirms = true;
    world.bus.connect();
    await settled();
    expect(methods().slice(-4)).toEqual(['initialize', 'session/prompt', 'session/cancel', 'answer']);
    world.bus.drop();
    world.bus.connect();
    await settled();
    expect(methods().slice(-2)).toEqual(['initialize', 'session/prompt']);
  });

  it('introduces itself anew to a new run of the service and asks again', async () => {
    world.bus.connect();
    void world.client.request('open', {});
    await settled();
    world.bus.deliver({}, notificationLine('_praxis/service/online', { boot: 'b2', version: '1' }));
    await settled();
    expect(methods().slice(-2)).toEqual(['initialize', 'open']);
    world.bus.deliver({}, notificationLine('_praxis/service/online', { boot: 'b2', version: '1' }));
    await settled();
    expect(world.bus.requests('initialize')).toHaveLength(2);
  });

  it('asks again when a number of `delivery` is missing', async () => {
    world.bus.connect();
    void world.client.request('open', {});
    await settled();
    world.bus.deliver({ delivery: 4 }, chunk(1));
    world.bus.deliver({ delivery: 5 }, chunk(2));
    expect(world.bus.requests('open')).toHaveLength(1);
    world.bus.deliver({ delivery: 7 }, chunk(4));
    await settled();
    expect(world.bus.requests('open')).toHaveLength(2);
  });

  it('gives the error of the service as it was said, and drops an answer that comes twice', async () => {
    world.bus.connect();
    const asked = world.client.request('open', {});
    await settled();
    const { id } = world.bus.requests('open')[0]!;
    const line = errorLine(id, new PraxisError(1001, 'There is no node x', { hint: 'y' }));
    world.bus.deliver({}, line);
    world.bus.deliver({}, line);
    await expect(asked).rejects.toMatchObject({
      code: 1001,
      message: 'There is no node x',
      data: { hint: 'y' },
    });
  });

  it('hears nothing of a run that another has replaced, and keeps asking the new one', async () => {
    world.bus.connect();
    await settled();
    await world.bus.deliver(
      { boot: 'run-1' },
      notificationLine('_praxis/service/online', { boot: 'run-1', version: '1' }),
    );
    const answer = world.client.request('_praxis/nodes', {});
    await settled();
    const { id } = world.bus.requests('_praxis/nodes')[0]!;
    await world.bus.deliver({}, notificationLine('_praxis/service/online', { boot: 'run-2', version: '1' }));
    const before = world.bus.requests('initialize').length;
    await world.bus.deliver({ boot: 'run-1' }, resultLine(id, { nodes: ['old'] }));
    await world.bus.deliver({ boot: 'run-2' }, resultLine(id, { nodes: [] }));
    await expect(answer).resolves.toEqual({ nodes: [] });
    expect(world.bus.requests('initialize')).toHaveLength(before);
  });

  it('rejects what waits when it is closed', async () => {
    world.bus.connect();
    const asked = world.client.request('open', {});
    await settled();
    const closing = world.client.close();
    await expect(asked).rejects.toMatchObject({ code: 1014 });
    await closing;
    expect(world.client.link).toEqual({ kind: 'closed' });
  });

  it('never puts a session id that is none into the headers, where it would void the message', async () => {
    world.bus.connect();
    void world.client.request('session/prompt', { sessionId: '../../etc' });
    await settled();
    expect(world.bus.messages.at(-1)!.headers).not.toHaveProperty('session');
  });
});

describe('the state of the link', () => {
  it('tells the service that does not answer from the broker that is away', async () => {
    world.serves = false;
    const states: string[] = [];
    world.client.onLink(({ kind }) => states.push(kind));
    world.bus.drop('connection refused');
    expect(world.client.link).toMatchObject({ kind: 'connecting', reason: 'connection refused' });
    world.bus.connect();
    await clock.advance(SERVICE_SILENT_MS - 1);
    expect(world.client.link.kind).toBe('connecting');
    await clock.advance(1);
    expect(world.client.link.kind).toBe('service_lost');
    world.bus.deliver({}, resultLine(world.bus.requests('initialize')[0]!.id, {}));
    await settled();
    expect(world.client.link.kind).toBe('connected');
  });

  it('notices a service that falls silent while nobody asks for anything', async () => {
    world.bus.connect();
    await settled();
    expect(world.client.link.kind).toBe('connected');
    world.serves = false;
    await clock.advance(IDLE_PROBE_MS + SERVICE_SILENT_MS);
    expect(world.client.link.kind).toBe('service_lost');
    world.say(1, 1);
    expect(world.client.link.kind).toBe('connected');
  });

  it('shows the service as away as soon as the broker says so, and as there with its next word', async () => {
    world.bus.connect();
    await settled();
    const said = (method: string, boot: string) =>
      world.bus.deliver({}, notificationLine(method, { boot, version: '1' }));
    await said('_praxis/service/online', 'run-1');
    await settled();
    await said('_praxis/service/silent', 'another run');
    expect(world.client.link.kind).toBe('connected');
    world.serves = false;
    await said('_praxis/service/silent', 'run-1');
    expect(world.client.link.kind).toBe('service_lost');
    world.serves = true;
    await said('_praxis/service/online', 'run-2');
    await settled();
    expect(world.client.link.kind).toBe('connected');
    // The broker was slow to notice the end of the one before.
    await said('_praxis/service/silent', 'run-1');
    expect(world.client.link.kind).toBe('connected');
  });

  it('asks a service that the broker calls away, which may only have lost its connection for a moment', async () => {
    world.answer = ({ method }) => (method === '_praxis/nodes' ? { nodes: [] } : undefined);
    world.bus.connect();
    await settled();
    const said = (method: string) =>
      world.bus.deliver({}, notificationLine(method, { boot: 'run-1', version: '1' }));
    await said('_praxis/service/online');
    await settled();
    const states: string[] = [];
    world.client.onLink(({ kind }) => states.push(kind));
    await said('_praxis/service/silent');
    await settled();
    expect(states).toEqual(['service_lost', 'connected']);
  });

  it('does not take a long turn for a lost service', async () => {
    world.bus.connect();
    world.answer = ({ method }) => (method === '_praxis/nodes' ? { nodes: [] } : undefined);
    await settled();
    void world.client.request('session/prompt', { sessionId: SESSION });
    await clock.advance(60_000);
    expect(world.client.link.kind).toBe('connected');
  });

  it('says why nobody was ready in time', async () => {
    world.bus.drop('ACCESS_REFUSED');
    const ready = world.client.ready(1_000);
    const failed = expect(ready).rejects.toThrow('ACCESS_REFUSED');
    await clock.advance(1_000);
    await failed;
  });
});

describe('a cursor', () => {
  const attached = async (after = 0, newest = 0) => {
    world.bus.connect();
    world.answer = ({ method, params }) =>
      method === '_praxis/session/attach' ? { session: sessionInfo(newest), after: params.after } : undefined;
    const seen: number[] = [];
    let caughtUp = 0;
    const cursor = await world.client.attach(
      SESSION,
      after,
      ({ seq }) => seen.push(seq),
      () => {
        caughtUp++;
      },
    );
    return { seen, cursor, caughtUp: () => caughtUp };
  };
  const afters = () => world.bus.requests('_praxis/session/attach').map(({ params }) => params.after);

  it('hands over every event once and in order, whatever comes twice', async () => {
    const { seen } = await attached();
    world.say(1, 3);
    world.say(2, 3);
    world.say(1, 1);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('attaches again where it stands when events are missing, and hands over nothing out of order', async () => {
    const { seen } = await attached();
    world.say(1, 2);
    world.say(5, 2);
    world.say(7, 1);
    expect(seen).toEqual([1, 2]);
    expect(afters()).toEqual([0, 2]);
    await settled();
    world.say(3, 5);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('attaches again at its place after a reconnect, before the requests are repeated', async () => {
    const { seen } = await attached();
    void world.client.request('session/prompt', { sessionId: SESSION });
    world.say(1, 2);
    world.bus.drop();
    world.bus.connect();
    await settled();
    expect(methods().slice(-3)).toEqual(['initialize', '_praxis/session/attach', 'session/prompt']);
    expect(afters()).toEqual([0, 2]);
    world.say(3, 1);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('tells once when the history that there was has been handed over', async () => {
    const { caughtUp } = await attached(0, 3);
    expect(caughtUp()).toBe(0);
    world.say(1, 2);
    expect(caughtUp()).toBe(0);
    world.say(3, 2);
    world.say(5, 2);
    expect(caughtUp()).toBe(1);
  });

  it('serves two watchers of one session, each from its own place', async () => {
    const { seen } = await attached();
    world.say(1, 4);
    const second: number[] = [];
    await world.client.attach(SESSION, 2, ({ seq }) => second.push(seq));
    world.say(3, 3);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(second).toEqual([3, 4, 5]);
  });

  it('hears nothing more after it was detached', async () => {
    const { seen, cursor } = await attached();
    world.answer = () => ({});
    world.say(1, 1);
    await cursor.detach();
    world.say(2, 1);
    expect(seen).toEqual([1]);
    expect(world.bus.requests('_praxis/session/detach')).toHaveLength(1);
  });
});

describe('a turn', () => {
  const prompted = async () => {
    world.bus.connect();
    world.answer = ({ method }) =>
      method === '_praxis/session/attach' ? { session: sessionInfo(0), after: 0 } : undefined;
    await world.client.attach(SESSION, 0, () => undefined);
    const made = world.client.prompt(SESSION, [{ type: 'text', text: 'hi' }]);
    await settled();
    const { id } = world.bus.requests('session/prompt')[0]!;
    return { made, end: () => world.bus.deliver({}, resultLine(id, { stopReason: 'end_turn' })) };
  };
  const said = (seq: number, line: string) =>
    world.bus.deliver({ session: SESSION, seq, epoch: 1, at: 1 }, line);

  it('is accepted with its first event and ends with its answer', async () => {
    const { made, end } = await prompted();
    said(1, turn(made.turnId, 'running'));
    await made.accepted;
    said(2, turn(made.turnId, 'ended'));
    end();
    expect(await made.result).toEqual({ stopReason: 'end_turn' });
  });

  it('does not end before its events were handed over, when a reconnect brings the answer first', async () => {
    const { made, end } = await prompted();
    said(1, turn(made.turnId, 'running'));
    let over = false;
    void made.result.then(() => {
      over = true;
    });
    end();
    await settled();
    expect(over).toBe(false);
    said(2, turn(made.turnId, 'ended'));
    await settled();
    expect(over).toBe(true);
  });

  it('that is refused rejects both promises', async () => {
    const { made } = await prompted();
    const { id } = world.bus.requests('session/prompt')[0]!;
    world.bus.deliver({}, errorLine(id, new PraxisError(1006, 'The queue is full')));
    await expect(made.accepted).rejects.toMatchObject({ code: 1006 });
    await expect(made.result).rejects.toMatchObject({ code: 1006 });
  });

  it('is cancelled alone: the cancel names it', async () => {
    const { made } = await prompted();
    said(1, turn(made.turnId, 'running'));
    made.cancel();
    await settled();
    expect(world.bus.sent.at(-1)).toMatchObject({
      method: 'session/cancel',
      params: { sessionId: SESSION, _meta: { praxis: { turnId: made.turnId } } },
    });
  });
});

describe('the lists', () => {
  it('are read anew on every connection, and nothing of an earlier one is repeated', async () => {
    const lists: string[][] = [];
    world.client.onNodes((nodes) => lists.push(nodes.map(({ name }) => name)));
    for (let i = 0; i < 3; i++) {
      world.bus.connect();
      await settled();
      world.bus.drop();
    }
    const before = world.bus.sent.length;
    world.answer = ({ method }) => (method === '_praxis/nodes' ? { nodes: [] } : undefined);
    world.bus.connect();
    await settled();
    expect(methods().slice(before)).toEqual(['initialize', '_praxis/nodes']);
    expect(lists).toEqual([[]]);
  });
});
