/** `praxis node` as a process of its own on a real broker, with the service's part played here. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type Bus, connectBus, type Incoming } from '../../bus/index.js';
import {
  BROADCAST,
  type Credentials,
  eventsQueue,
  type Frame,
  type Home,
  homeOf,
  NODES,
  NodeMessages,
  newId,
  notificationLine,
  packageRoot,
  parseFrame,
  requestLine,
  serviceTopology,
} from '../../proto/index.js';
import { sharedRabbitMq } from '../support/brokers.js';
import { Part } from '../support/part.js';
import { isRunning, processesWith } from '../support/processes.js';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { rabbitLogins } from '../support/rabbitmq-logins.js';
import { waitUntil } from '../support/wait.js';

const RUN = `import(${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/node-agent/index.js')))})
  .then((node) => node.runNode()).catch((error) => { console.error(error.message); process.exitCode = 1; })`;

let root: string;
let home: Home;
let env: NodeJS.ProcessEnv;
let node: Part;
let service: Bus;
const heard: { message: Incoming; frame: Frame }[] = [];

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'pxm-')));
  env = { PATH: process.env.PATH, PRAXIS_HOME: root, PX_TEST_HOME: root, PRAXIS_LOG: 'warn' };
  home = homeOf(env);
  mkdirSync(join(root, 'work'));
  node = new Part([process.execPath, '--input-type=module', '-e', RUN], env, join(root, 'log'));
});
afterEach(async () => {
  await node.stop();
  await service?.close();
  heard.length = 0;
  await waitUntil(() => processesWith(`PX_TEST_HOME=${root}`).length === 0);
  rmSync(root, { recursive: true, force: true });
});

/** Begins to be the service. Everything that comes is in `heard`. */
async function serve(): Promise<void> {
  const login = await rabbitLogins(await sharedRabbitMq(), ['here'], ['me']);
  login.write(home);
  const { username, password, protocol, host, pathname } = new URL(login.serviceUrl);
  const credentials: Credentials = { url: `${protocol}//${host}${pathname}`, user: username, password };
  service = connectBus({ credentials, topology: serviceTopology(1), name: 'service of a test' });
  service.consume(eventsQueue(0), (message) => {
    for (const line of message.lines) heard.push({ message, frame: parseFrame(line) });
    return 'ack';
  });
  await service.ready(10_000);
}

const notifications = (method: string) =>
  heard.flatMap(({ frame }) => (frame.kind === 'notification' && frame.method === method ? [frame] : []));

type Hello = z.infer<(typeof NodeMessages)['_praxis/node/hello']>;

/** The first hello that fits. */
async function hello(fits: (said: Hello) => boolean = () => true): Promise<Hello> {
  const all = () =>
    notifications('_praxis/node/hello').map(({ params }) => NodeMessages['_praxis/node/hello'].parse(params));
  await waitUntil(() => all().some(fits), 20_000);
  return all().find(fits)!;
}

async function ask(method: string, params: Record<string, unknown>, id = newId()) {
  const session = params.sessionId as string | undefined;
  const lines = [requestLine(id, method, params)];
  await service.publish({
    exchange: NODES,
    key: 'here',
    headers: { ...(session && { session }) },
    lines,
    mandatory: true,
  });
  const find = () => heard.find(({ frame }) => frame.kind === 'response' && frame.id === id);
  await waitUntil(() => find() !== undefined, 20_000);
  return find()!.frame as Extract<Frame, { kind: 'response' }>;
}

async function open(connector: string): Promise<string> {
  const sessionId = newId();
  const params = { cwd: join(root, 'work'), mcpServers: [], _meta: { praxis: { connector, sessionId } } };
  expect((await ask('session/new', params, sessionId)).error).toBeUndefined();
  return sessionId;
}

const say = (sessionId: string, text: string) =>
  ask('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });

const textOf = (sessionId: string) =>
  heard
    .filter(({ message }) => message.headers.session === sessionId)
    .map(
      ({ frame }) =>
        (frame as { params?: { update?: { content?: { text?: string } } } }).params?.update?.content?.text ??
        '',
    )
    .join('');

describe.skipIf(!rabbitMqInstalled())('a node on RabbitMQ', () => {
  it('says hello with its connectors, and again when a service comes up', async () => {
    const command = ['no-such-program'];
    writeFileSync(
      home.nodeConfig,
      JSON.stringify({ agents: { mine: { title: 'Mine', command } }, yolo: 'deny' }),
    );
    await serve();
    node.start();
    expect(await hello()).toMatchObject({ name: 'here', yolo: 'deny', roots: ['/'], sessions: [] });
    const known = ({ connectors }: Hello) => connectors.every(({ status }) => status !== 'checking');
    const hint = expect.stringMatching(/no-such-program/);
    expect((await hello(known)).connectors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'demo', title: 'Demo agent', status: 'ready' }),
        expect.objectContaining({ id: 'mine', title: 'Mine', status: 'needs_setup', hint }),
      ]),
    );
    const sessionId = await open('demo');
    await service.publish({
      exchange: BROADCAST,
      key: '',
      headers: {},
      lines: [notificationLine('_praxis/service/online', { boot: 'b', version: '1' })],
    });
    expect((await hello(({ sessions }) => sessions.length > 0)).sessions).toEqual([{ sessionId, epoch: 1 }]);
  });

  it('brings a long turn up in order and without a gap', async () => {
    await serve();
    node.start();
    await hello();
    const sessionId = await open('demo');
    expect((await say(sessionId, '/stream 20000 64')).result).toEqual({ stopReason: 'end_turn' });
    let seq = 0;
    let chunks = 0;
    for (const { message, frame } of heard) {
      if (message.headers.session !== sessionId) continue;
      if (message.lines[0] === frame.line) expect(message.headers.seq).toBe(seq + 1);
      seq++;
      const { update } = 'params' in frame ? (frame.params as { update?: Record<string, unknown> }) : {};
      if (update?.sessionUpdate !== 'agent_message_chunk') continue;
      expect((update.content as { text: string }).text.startsWith(`${++chunks} `)).toBe(true);
    }
    expect(chunks).toBe(20_000);
    expect(heard.every(({ message }) => message.userId === 'node.here')).toBe(true);
  });

  it('waits for credentials that are written after its start', async () => {
    node.start();
    await serve();
    expect((await hello()).name).toBe('here');
  });

  it('stops politely: agents and their children end, then it says bye', async () => {
    await serve();
    node.start();
    await hello();
    const sessionId = await open('demo');
    await say(sessionId, '/fork');
    const grandchild = Number(/process (\d+)/.exec(textOf(sessionId))?.[1]);
    expect(isRunning(grandchild)).toBe(true);
    await node.stop();
    expect(isRunning(grandchild)).toBe(false);
    await waitUntil(() => notifications('_praxis/node/bye').length === 1);
  });

  it.each([
    ['an agent that heeds a cancel', ''],
    ['an agent that is deaf', '/ignore-cancel && '],
  ])('answers as cancelled what runs when it is stopped, of %s', async (_who, deafness) => {
    await serve();
    node.start();
    await hello();
    const sessionId = await open('demo');
    const answer = say(sessionId, `${deafness}/say working && /hang`);
    await waitUntil(() => textOf(sessionId) === 'working');
    await node.stop();
    expect((await answer).result).toEqual({ stopReason: 'cancelled' });
    // The service knows before this answer that it is to send nothing more.
    const at = (fits: (frame: Frame) => boolean) => heard.findIndex(({ frame }) => fits(frame));
    const leaving = at((frame) => frame.kind === 'notification' && frame.params.leaving === true);
    const cancelled = at(({ line }) => line.includes('"stopReason":"cancelled"'));
    expect([leaving > -1, leaving < cancelled]).toEqual([true, true]);
  });

  it('that was killed leaves agents behind only until it starts again', async () => {
    await serve();
    node.start();
    const { boot } = await hello();
    const sessionId = await open('demo');
    await say(sessionId, '/fork');
    const grandchild = Number(/process (\d+)/.exec(textOf(sessionId))?.[1]);
    await node.kill();
    expect(isRunning(grandchild)).toBe(true);
    node.start();
    expect((await hello((said) => said.boot !== boot)).sessions).toEqual([]);
    expect(isRunning(grandchild)).toBe(false);
  });
});

describe('a node that cannot run', () => {
  const run = () =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', RUN], { env });
      let said = '';
      child.stderr.on('data', (text) => {
        said += text;
      });
      child.once('close', (code) => resolve({ code, said }));
    });

  it('because its config is wrong, names the file and the place', async () => {
    writeFileSync(home.nodeConfig, '{"agents":{"x":{"command":[]}}}');
    expect(await run()).toMatchObject({ code: 1, said: expect.stringMatching(/node\.json: .*command/s) });
  });

  it('because it is not enrolled, says what to do', async () => {
    expect(await run()).toMatchObject({ code: 1, said: expect.stringMatching(/praxis enroll node/) });
  });
});
