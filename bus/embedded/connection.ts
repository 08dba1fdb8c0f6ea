/**
 * One client connection: handshake, login, channels, heartbeats, and its end. Whatever a peer sends, the worst that
 * happens is that this connection ends; the broker and the other connections go on.
 */
import type { Socket } from 'node:net';
import type { Permissions } from '../../proto/index.js';
import { Channel, type Session } from './channel.js';
import { FRAME, type Frame, FrameReader, HEARTBEAT, methodId, PROTOCOL_HEADER, readMethod } from './codec.js';
import { AmqpError } from './errors.js';
import type { Args, MethodName, Received } from './methods.js';
import { Output } from './output.js';
import { Access } from './permissions.js';
import type { Table } from './values.js';
import type { VirtualHost } from './vhost.js';

/** Bytes of a frame: before and after a peer has logged in. */
const FRAME_MIN = 4_096;
export const FRAME_MAX = 131_072;
const CHANNEL_MAX = 2_047;
/** Seconds between heartbeats that the broker proposes; a client may ask for less. */
const HEARTBEAT_SECS = 60;
/** Milliseconds to log in, and to answer when the broker closes. */
const HANDSHAKE_MS = 10_000;

const SERVER_PROPERTIES: Table = {
  product: 'Praxis embedded broker',
  capabilities: {
    publisher_confirms: true,
    'basic.nack': true,
    consumer_cancel_notify: true,
    'connection.blocked': true,
    authentication_failure_close: true,
    per_consumer_qos: true,
  },
};

/** Who may log in: the permissions that belong to a user with this password; undefined for anybody else. */
export type Authenticate = (user: string, password: string) => Permissions | undefined;

export interface Host {
  readonly vhost: VirtualHost;
  authenticate: Authenticate;
  warn(message: string, details?: Record<string, unknown>): void;
}

type Phase = 'header' | 'start-ok' | 'tune-ok' | 'open' | 'running' | 'closing';

export class Connection implements Session {
  readonly output: Output;
  readonly vhost: VirtualHost;
  user = '';
  access = new Access('', { configure: '', write: '', read: '', topics: [] });
  cancelNotify = false;
  #phase: Phase = 'header';
  #capabilities: Table = {};
  #channels = new Map<number, Channel | 'closing'>();
  #channelMax = CHANNEL_MAX;
  readonly #frames = new FrameReader(FRAME_MIN);
  #heard = true;
  #heartbeat?: NodeJS.Timeout;
  #deadline: NodeJS.Timeout;
  #blocked = false;
  #stopMemory: () => void;

  constructor(
    private readonly socket: Socket,
    private readonly host: Host,
    private readonly onEnd: () => void,
  ) {
    this.vhost = host.vhost;
    this.output = new Output(socket);
    this.#deadline = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
    this.#stopMemory = host.vhost.memory.onChange((full) => {
      if (!full) this.#unblock();
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#eachChannel((channel) => channel.resume()));
    socket.on('end', () => socket.end());
    // The 'close' event follows and cleans up.
    socket.on('error', (error) => host.warn('A connection broke', { user: this.user, error: error.message }));
    socket.on('close', () => this.#ended());
  }

  /** An exclusive queue belongs to its connection. */
  get owner(): unknown {
    return this;
  }

  /** Ends the connection in order, with the reason for its client. */
  close(error: AmqpError, cause?: Received['name']): void {
    if (this.#phase === 'closing') return;
    this.#phase = 'closing';
    this.#releaseChannels();
    const [classId, method] = cause ? methodId(cause) : [0, 0];
    this.#send('connection.close', {
      replyCode: error.code,
      replyText: error.replyText,
      classId,
      methodId: method,
    });
    this.socket.resume();
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.socket.destroy(), HANDSHAKE_MS).unref();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Makes a publisher wait while the broker is full, unless its acknowledgements are what makes room. */
  published(): void {
    if (!this.vhost.memory.full || this.#blocked || this.#holdsDeliveries()) return;
    this.#blocked = true;
    this.socket.pause();
    if (this.#capabilities['connection.blocked'])
      this.#send('connection.blocked', { reason: 'low on memory' });
    this.host.warn('A publisher waits: the broker holds as much as it may', { user: this.user });
  }

  delivering(): void {
    this.#unblock();
  }

  #unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.socket.resume();
    if (this.#capabilities['connection.blocked']) this.#send('connection.unblocked', {});
  }

  #holdsDeliveries(): boolean {
    let holds = false;
    this.#eachChannel((channel) => {
      holds ||= channel.unacked.size > 0;
    });
    return holds;
  }

  #receive(chunk: Buffer): void {
    this.#heard = true;
    try {
      let bytes = chunk;
      if (this.#phase === 'header') {
        // One write of eight bytes does not come in parts on a local connection; what is else is another protocol.
        if (!bytes.subarray(0, 8).equals(PROTOCOL_HEADER)) {
          this.output.bytes(PROTOCOL_HEADER);
          this.output.end();
          return;
        }
        bytes = bytes.subarray(8);
        this.#phase = 'start-ok';
        this.#send('connection.start', {
          versionMajor: 0,
          versionMinor: 9,
          serverProperties: SERVER_PROPERTIES,
          mechanisms: 'PLAIN',
          locales: 'en_US',
        });
      }
      if (bytes.length > 0) this.#frames.push(bytes, (frame) => this.#frame(frame));
    } catch (error) {
      // Where the next frame begins is not known any more.
      this.socket.removeAllListeners('data').resume();
      this.#fail(error);
      this.output.end();
    }
  }

  #frame(frame: Frame): void {
    if (frame.type === FRAME.heartbeat) return;
    let method: Received | undefined;
    try {
      if (frame.type === FRAME.method) method = readMethod(frame.payload);
      else if (frame.type !== FRAME.header && frame.type !== FRAME.body)
        throw new AmqpError('FRAME_ERROR', `unknown frame type ${frame.type}`);
      if (this.#phase === 'closing') this.#closingMethod(method);
      else if (frame.channel === 0) this.#connectionMethod(method);
      else if (this.#phase === 'running') this.#channelFrame(frame, method);
      else throw new AmqpError('CHANNEL_ERROR', 'a channel is used before the connection is open');
    } catch (error) {
      if (error instanceof AmqpError && error.ofChannel && frame.channel !== 0)
        this.#closeChannel(frame.channel, error, method?.name);
      else this.#fail(error);
    }
  }

  #closingMethod(method: Received | undefined): void {
    if (method?.name === 'connection.close') this.#send('connection.close-ok', {});
    if (method?.name === 'connection.close-ok') this.output.end();
  }

  #connectionMethod(method: Received | undefined): void {
    if (method?.name === 'connection.close') {
      this.#phase = 'closing';
      this.#releaseChannels();
      this.vhost.removeQueuesOf(this);
      this.#send('connection.close-ok', {});
      this.output.end();
    } else if (method?.name === 'connection.start-ok' && this.#phase === 'start-ok') this.#login(method.args);
    else if (method?.name === 'connection.tune-ok' && this.#phase === 'tune-ok') this.#tune(method.args);
    else if (method?.name === 'connection.open' && this.#phase === 'open') {
      const { virtualHost } = method.args;
      if (virtualHost !== '/') throw new AmqpError('NOT_ALLOWED', `vhost ${virtualHost} not found`);
      clearTimeout(this.#deadline);
      this.#phase = 'running';
      this.#send('connection.open-ok', { knownHosts: '' });
    } else throw new AmqpError('COMMAND_INVALID', 'this frame is not expected on channel 0 now');
  }

  #login({ clientProperties, mechanism, response }: Args<'connection.start-ok'>): void {
    if (mechanism !== 'PLAIN') throw new AmqpError('NOT_ALLOWED', 'the only mechanism is PLAIN');
    const { capabilities } = clientProperties;
    if (typeof capabilities === 'object' && capabilities !== null) this.#capabilities = capabilities as Table;
    this.cancelNotify = this.#capabilities.consumer_cancel_notify === true;
    const [, user = '', password = ''] = response.split('\0');
    const permissions = this.host.authenticate(user, password);
    if (!permissions) {
      this.host.warn('A login was refused', { user: user.slice(0, 64) });
      if (this.#capabilities.authentication_failure_close !== true) {
        this.socket.destroy();
        return;
      }
      const refusal = 'Login was refused using authentication mechanism PLAIN.';
      this.close(new AmqpError('ACCESS_REFUSED', refusal));
      return;
    }
    this.user = user;
    this.access = new Access(user, permissions);
    this.#phase = 'tune-ok';
    this.#send('connection.tune', {
      channelMax: CHANNEL_MAX,
      frameMax: FRAME_MAX,
      heartbeat: HEARTBEAT_SECS,
    });
  }

  #tune({ channelMax, frameMax, heartbeat }: Args<'connection.tune-ok'>): void {
    if (frameMax < FRAME_MIN || frameMax > FRAME_MAX)
      throw new AmqpError(
        'NOT_ALLOWED',
        `frame_max=${frameMax} is not between ${FRAME_MIN} and ${FRAME_MAX}`,
      );
    if (channelMax === 0 || channelMax > CHANNEL_MAX)
      throw new AmqpError('NOT_ALLOWED', `channel_max=${channelMax} is not between 1 and ${CHANNEL_MAX}`);
    this.#channelMax = channelMax;
    this.#frames.limit = frameMax;
    this.output.frameMax = frameMax;
    this.#phase = 'open';
    if (heartbeat > 0) this.#beat(heartbeat * 1_000);
  }

  /** Beats when nothing else was sent for half an interval; four halves of silence are a dead peer. */
  #beat(intervalMs: number): void {
    let silent = 0;
    this.#heartbeat = setInterval(() => {
      if (!this.output.sent) this.output.bytes(HEARTBEAT);
      this.output.sent = false;
      silent = this.#heard || this.#blocked ? 0 : silent + 1;
      this.#heard = false;
      if (silent < 4) return;
      this.host.warn('A silent connection is ended', { user: this.user });
      this.socket.destroy();
    }, intervalMs / 2).unref();
  }

  #channelFrame(frame: Frame, method: Received | undefined): void {
    const channel = this.#channels.get(frame.channel);
    if (method?.name === 'channel.open') {
      if (channel) throw new AmqpError('CHANNEL_ERROR', "second 'channel.open' seen");
      if (frame.channel > this.#channelMax)
        throw new AmqpError(
          'NOT_ALLOWED',
          `channel ${frame.channel} is above channel_max=${this.#channelMax}`,
        );
      this.#channels.set(frame.channel, new Channel(frame.channel, this));
      this.output.method(frame.channel, 'channel.open-ok', { channelId: '' });
      return;
    }
    if (!channel) throw new AmqpError('CHANNEL_ERROR', "expected 'channel.open'");
    if (method?.name === 'channel.close') {
      this.#channels.delete(frame.channel);
      if (channel !== 'closing') channel.close();
      this.output.method(frame.channel, 'channel.close-ok', {});
    } else if (channel === 'closing') {
      if (method?.name === 'channel.close-ok') this.#channels.delete(frame.channel);
    } else channel.handle(frame, method);
  }

  #closeChannel(number: number, error: AmqpError, cause?: Received['name']): void {
    const channel = this.#channels.get(number);
    this.#channels.set(number, 'closing');
    const [classId, method] = cause ? methodId(cause) : [0, 0];
    this.output.method(number, 'channel.close', {
      replyCode: error.code,
      replyText: error.replyText,
      classId,
      methodId: method,
    });
    if (channel instanceof Channel) channel.close();
    // A client that is early hears of it and asks again: no trouble of the broker's, and many lines that hide one.
    if (error.reply !== 'NOT_FOUND')
      this.host.warn('A channel was closed', { user: this.user, code: error.code, reason: error.message });
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closing') return;
    const known = error instanceof AmqpError;
    this.host.warn('A connection was closed', {
      user: this.user,
      reason: known ? error.message : (error as Error).stack,
    });
    if (this.#phase === 'start-ok' || this.#phase === 'header') this.socket.destroy();
    else this.close(known ? error : new AmqpError('INTERNAL_ERROR', 'internal error'));
  }

  #releaseChannels(): void {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) if (channel !== 'closing') channel.close();
  }

  #eachChannel(visit: (channel: Channel) => void): void {
    for (const channel of this.#channels.values()) if (channel !== 'closing') visit(channel);
  }

  #ended(): void {
    this.#phase = 'closing';
    clearTimeout(this.#deadline);
    clearInterval(this.#heartbeat);
    this.#stopMemory();
    this.#releaseChannels();
    this.vhost.removeQueuesOf(this);
    this.onEnd();
  }

  #send<M extends MethodName>(name: M, args: Args<M>): void {
    this.output.method(0, name, args);
  }
}
