/** Whatever bytes come, the embedded broker lives: it ends that connection and serves the others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, LoginStore, startBroker } from '../../bus/embedded/index.js';
import { type Bus, connectBus } from '../../bus/index.js';
import { COMMANDS, commandsQueue, serviceTopology } from '../../proto/index.js';
import { EVERYTHING } from '../support/bus-brokers.js';
import { waitUntil } from '../support/wait.js';

const HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

const frame = (type: number, channel: number, payload: Buffer) => {
  const head = Buffer.alloc(7);
  head.writeUInt8(type);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
};
const method = (classId: number, methodId: number, ...args: (Buffer | number[])[]) =>
  Buffer.concat([Buffer.from([0, classId, 0, methodId]), ...args.map((arg) => Buffer.from(arg as Buffer))]);
const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const long = (bytes: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A generator with a seed (mulberry32), so that a failure can be repeated. */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe('the embedded broker, given bytes that are none of AMQP', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pxf-'));
  const logins = new LoginStore(join(dir, 'logins.json'));
  const password = logins.set('service', EVERYTHING);
  let broker: Broker;
  let bus: Bus;

  beforeAll(async () => {
    broker = await startBroker({ tcp: { host: '127.0.0.1', port: 0 }, logins });
    bus = connectBus({
      credentials: { url: `amqp://127.0.0.1:${broker.port}`, user: 'service', password },
      topology: serviceTopology(1),
      name: 'neighbour',
    });
    await bus.ready(5_000);
    bus.consume(commandsQueue(0), () => 'ack');
  });
  afterAll(async () => {
    await bus.close();
    await broker.close();
    rmSync(dir, { recursive: true });
  });

  /** Sends, and resolves with everything that came back once the broker has ended the connection. */
  const send = (...pieces: Buffer[]): Promise<Buffer> =>
    new Promise((resolve) => {
      const answers: Buffer[] = [];
      const socket: Socket = connect(broker.port!, '127.0.0.1', () => {
        for (const piece of pieces) socket.write(piece);
      });
      socket.on('data', (bytes) => answers.push(bytes));
      socket.on('end', () => socket.end());
      // A reset is an end too.
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(Buffer.concat(answers)));
    });

  const handshake = [
    HEADER,
    frame(
      1,
      0,
      method(
        10,
        11,
        long(Buffer.alloc(0)),
        short('PLAIN'),
        long(Buffer.from(`\0service\0${password}`)),
        short('en_US'),
      ),
    ),
    frame(1, 0, method(10, 31, [7, 255], [0, 2, 0, 0], [0, 0])),
    frame(1, 0, method(10, 40, short('/'), [0], [0])),
    frame(1, 1, method(20, 10, [0])),
  ];
  /** The reply code of the last connection.close in what the broker said. */
  const closeCode = (answer: Buffer): number | undefined => {
    const at = answer.lastIndexOf(Buffer.from([0, 10, 0, 50]));
    return at === -1 ? undefined : answer.readUInt16BE(at + 4);
  };
  const neighbourIsWell = async () => {
    expect(bus.state).toEqual({ kind: 'connected' });
    await bus.publish({ exchange: COMMANDS, key: 'p0', headers: {}, lines: ['{}'], persistent: true });
  };

  it('names its own protocol to another one', async () => {
    expect(await send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toEqual(HEADER);
    await neighbourIsWell();
  });

  it.each([
    [
      'a frame without its end',
      501,
      Buffer.concat([frame(1, 1, method(20, 10, [0])).subarray(0, -1), Buffer.from([0])]),
    ],
    ['a frame larger than was agreed', 501, Buffer.from([3, 0, 1, 0x7f, 0xff, 0xff, 0xff])],
    ['a frame of no known type', 501, frame(7, 1, Buffer.from('x'))],
    ['a method that is not there', 540, frame(1, 1, method(99, 1))],
    ['arguments that end too early', 502, frame(1, 1, method(50, 10, [0, 0], [200]))],
    [
      'a table that is longer than its frame',
      502,
      frame(1, 1, method(50, 10, [0, 0], short('q'), [0], [255, 255, 255, 255])),
    ],
    ['tables nested without end', 502, frame(1, 1, method(50, 10, [0, 0], short('q'), [0], nested(2_000)))],
    ['a channel that is not open', 504, frame(1, 9, method(60, 40, [0, 0], short(''), short('q'), [0]))],
    ['a second opening of a channel', 504, frame(1, 1, method(20, 10, [0]))],
    ['a body without a publish', 505, frame(3, 1, Buffer.from('x'))],
    [
      'a method in the middle of a message',
      505,
      Buffer.concat([
        frame(1, 1, method(60, 40, [0, 0], short(''), short('q'), [0])),
        frame(1, 1, method(60, 40, [0, 0], short(''), short('q'), [0])),
      ]),
    ],
    [
      'more body than was said',
      505,
      Buffer.concat([
        frame(1, 1, method(60, 40, [0, 0], short(''), short('q'), [0])),
        frame(2, 1, Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])),
        frame(3, 1, Buffer.from('xyz')),
      ]),
    ],
    [
      'properties that are malformed',
      502,
      Buffer.concat([
        frame(1, 1, method(60, 40, [0, 0], short(''), short('q'), [0])),
        frame(2, 1, Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 9, 1, 0x61, 0x3f])),
      ]),
    ],
  ])('ends the connection for %s (%i)', async (_name, code, bytes) => {
    const bye = frame(1, 0, method(10, 51));
    expect(closeCode(await send(...handshake, bytes, bye))).toBe(code);
    await neighbourIsWell();
  });

  it('says nothing to who has not logged in and sends a large frame', async () => {
    const answer = await send(HEADER, frame(1, 0, Buffer.alloc(8_000)));
    expect(closeCode(answer)).toBeUndefined();
    await neighbourIsWell();
  });

  it('lives through 300 connections of noise, cut and changed frames', async () => {
    const random = randomOf(42);
    const pick = () => Buffer.from(Array.from({ length: random(60) + 1 }, () => random(256)));
    for (let i = 0; i < 300; i++) {
      const good = Buffer.concat(handshake.slice(1));
      const kind = random(3);
      const noise =
        kind === 0
          ? pick()
          : kind === 1
            ? frame(
                [1, 2, 3, 8][random(4)]!,
                random(3),
                Buffer.concat([method([10, 20, 40, 50, 60, 85][random(6)]!, random(13) * 10), pick()]),
              )
            : good.subarray(0, random(good.length));
      const changed = Buffer.from(good);
      if (kind === 2) changed[random(changed.length)] = random(256);
      const socket = connect(broker.port!, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise<void>((done) => {
        socket.on('close', () => done());
        socket.on('data', () => undefined);
        socket.write(HEADER);
        socket.write(kind === 2 ? changed : Buffer.concat([good, noise]));
        socket.end();
      });
    }
    await neighbourIsWell();
  });

  it('takes frames that come byte by byte', async () => {
    const socket = connect(broker.port!, '127.0.0.1').setNoDelay(true);
    const answers: Buffer[] = [];
    socket.on('data', (bytes) => answers.push(bytes));
    socket.write(HEADER);
    for (const byte of Buffer.concat(handshake.slice(1))) socket.write(Buffer.from([byte]));
    const channelOpened = Buffer.from([0, 20, 0, 11]);
    await waitUntil(() => Buffer.concat(answers).includes(channelOpened));
    socket.destroy();
  });
});

/** A field table that holds a table that holds a table ... */
function nested(depth: number): Buffer {
  let table = long(Buffer.alloc(0));
  for (let i = 0; i < depth; i++) table = long(Buffer.concat([short('k'), Buffer.from('F'), table]));
  return table;
}
