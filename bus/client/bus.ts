/**
 * The bus of one process: a connection that is made again, with its topology and its consumers, as often as it is lost.
 * Promises: a publish resolves only when the broker has confirmed it; nothing that a handler throws ends the connection.
 */
import { type Credentials, PREFETCH } from '../../proto/index.js';
import {
  type Bus,
  type BusOptions,
  type BusState,
  type Handler,
  type Outgoing,
  Unconfirmed,
} from '../types.js';
import { BACKOFF_CAP_MS, backoffMs, LOCAL_CAP_MS } from './backoff.js';
import { Consumer } from './consumer.js';
import { declare } from './declare.js';
import { Link } from './link.js';
import { Publisher } from './publisher.js';
import { describe } from './reason.js';

/** Milliseconds that close() waits for confirms before it gives up what is outstanding. */
const CLOSE_WAIT_MS = 5_000;

/** Connects in the background and stays connected until close(). */
export const connectBus = (options: BusOptions): Bus => new BusClient(options);

class BusClient implements Bus {
  readonly user: string;
  #state: BusState = { kind: 'connecting', attempt: 1 };
  readonly #listeners = new Set<(state: BusState) => void>();
  readonly #consumers = new Set<Consumer>();
  readonly #random: () => number;
  #link?: Link;
  #publisher?: Publisher;
  #attempt = 0;
  #connectedAt = 0;
  #retry?: NodeJS.Timeout;
  #closing?: Promise<void>;

  constructor(private readonly options: BusOptions) {
    this.user = options.credentials.user;
    this.#random = options.random ?? Math.random;
    void this.#connect();
  }

  get state(): BusState {
    return this.#state;
  }

  onState(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (state: BusState) => {
        if (state.kind === 'connecting') return;
        done();
        if (state.kind === 'connected') resolve();
        else reject(new Error('The bus is closed'));
      };
      const timer = setTimeout(() => {
        done();
        const reason = this.#state.kind === 'connecting' ? this.#state.reason : undefined;
        reject(new Error(`The bus could not be reached: ${reason ?? 'no answer'}`));
      }, timeoutMs);
      const stop = this.onState(check);
      const done = () => {
        clearTimeout(timer);
        stop();
      };
      check(this.#state);
    });
  }

  publish(message: Outgoing): Promise<void> {
    if (this.#publisher) return this.#publisher.publish(message);
    const { state } = this;
    const reason = state.kind === 'connecting' ? (state.reason ?? 'not connected yet') : 'closed';
    return Promise.reject(new Unconfirmed(reason));
  }

  consume(queue: string, handler: Handler, { prefetch = PREFETCH } = {}): () => Promise<void> {
    const consumer = new Consumer(queue, handler, prefetch, this.#warn);
    this.#consumers.add(consumer);
    if (this.#link && this.#state.kind === 'connected') void consumer.start(this.#link);
    return () => {
      this.#consumers.delete(consumer);
      return consumer.stop();
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async abort(): Promise<void> {
    if (this.#closing) return this.#closing;
    this.#closing = Promise.resolve();
    clearTimeout(this.#retry);
    const link = this.#link;
    this.#publisher = undefined;
    this.#link = undefined;
    link?.drop();
    this.#set({ kind: 'closed' });
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WAIT_MS);
    });
    await Promise.race([this.#publisher?.idle(), limit]);
    clearTimeout(timer);
    const link = this.#link;
    this.#publisher = undefined;
    this.#link = undefined;
    await link?.close();
    this.#set({ kind: 'closed' });
  }

  async #connect(): Promise<void> {
    this.#attempt++;
    let link: Link | undefined;
    try {
      link = await Link.open(this.#credentials(), this.options.name, this.#warn, this.options.heartbeatSecs);
      if (this.#closing) return await link.close();
      this.#link = link;
      await declare(link, this.options.topology, this.#random, (reason, waitMs) =>
        this.#waits(reason, waitMs),
      );
      const channel = await link.confirmChannel();
      if (link.lost !== undefined) throw new Error(link.lost);
      this.#connected(link, channel);
    } catch (error) {
      const reason = link?.lost ?? describe(error, this.user);
      this.#link = undefined;
      await link?.close();
      this.#again(reason);
    }
  }

  /** Of the same login: who speaks does not change. */
  #credentials(): Credentials {
    const fresh = this.options.refresh?.();
    return fresh?.user === this.user ? fresh : this.options.credentials;
  }

  #connected(link: Link, channel: Awaited<ReturnType<Link['confirmChannel']>>): void {
    link.onLost = (reason) => {
      this.#publisher = undefined;
      this.#link = undefined;
      this.#again(reason);
    };
    this.#publisher = new Publisher(
      channel,
      this.user,
      () => link.lost,
      (error) => link.fail(error),
    );
    this.#connectedAt = performance.now();
    this.#set({ kind: 'connected' });
    for (const consumer of this.#consumers) void consumer.start(link);
  }

  /** Tries again later. A connection that lasted starts the back-off anew; one that is lost at once does not. */
  #again(reason: string): void {
    if (this.#closing) return;
    if (this.#connectedAt !== 0 && performance.now() - this.#connectedAt > BACKOFF_CAP_MS) this.#attempt = 0;
    this.#connectedAt = 0;
    const isLocal = this.options.credentials.url.startsWith('unix:');
    const waitMs = backoffMs(this.#attempt, this.#random, isLocal ? LOCAL_CAP_MS : BACKOFF_CAP_MS);
    this.#waits(reason, waitMs);
    this.#retry = setTimeout(() => void this.#connect(), waitMs);
  }

  #waits(reason: string, waitMs: number): void {
    if (this.#closing) return;
    this.#set({ kind: 'connecting', attempt: this.#attempt + 1, reason, retryAt: Date.now() + waitMs });
  }

  #set(state: BusState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  readonly #warn = (message: string, details?: Record<string, unknown>): void =>
    this.options.warn?.(message, details);
}
