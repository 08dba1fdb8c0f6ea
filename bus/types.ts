/** What the bus offers to the parts: publish with a confirm, consume with a disposition, and a state to show. */
import type { Credentials, Headers, Topology } from '../proto/index.js';

/** Where the connection stands. The bus never gives up by itself; try number `attempt` is under way, or begins at `retryAt` (ms since 1970). */
export type BusState =
  | { kind: 'connecting'; attempt: number; reason?: string; retryAt?: number }
  | { kind: 'connected' }
  | { kind: 'closed' };

/** A message to send: frames of one session (a line each) and the headers that route it. */
export interface Outgoing {
  exchange: string;
  key: string;
  headers: Omit<Headers, 'v'>;
  lines: readonly string[];
  /**
   * Survives a restart of the broker, where the broker has a disk; is not confirmed without a queue that has it (the bus
   * connects anew when there is none, since its owner is about to declare it). Default false.
   */
  persistent?: boolean;
  /** Fail with Unroutable when no queue takes it. Default false. */
  mandatory?: boolean;
}

/** A message that came, its headers checked. */
export interface Incoming {
  headers: Headers;
  lines: string[];
  /** The sender's login, verified by the broker. */
  userId: string;
  /** The broker may have delivered it before. */
  redelivered: boolean;
}

/** What becomes of a delivery: done; deliver it again later; or throw it away because it is no message of ours. */
export type Disposition = 'ack' | 'requeue' | 'drop';

/**
 * Called in the order of delivery, without waiting for the promise of the one before. The message stays unacknowledged
 * until the promise resolves; a throw is logged and means 'drop'.
 */
export type Handler = (message: Incoming) => Disposition | Promise<Disposition>;

/** Nobody listens at the address of a `mandatory` message. */
export class Unroutable extends Error {
  constructor(
    readonly exchange: string,
    readonly key: string,
  ) {
    super(`Nobody is there: ${key} at ${exchange}`);
    this.name = 'Unroutable';
  }
}

/** The connection ended before the broker confirmed the message; it may or may not have arrived. */
export class Unconfirmed extends Error {
  constructor(reason: string) {
    super(`The bus is disconnected: ${reason}`);
    this.name = 'Unconfirmed';
  }
}

export interface BusOptions {
  credentials: Credentials;
  /** The credentials of this moment, for a login that may get another password; asked before every try. Default: the same. */
  refresh?: () => Credentials | undefined;
  /** Declared again on every connection, before anything is consumed or published. */
  topology: Topology;
  /** Shown by the broker, for people who debug. */
  name: string;
  /** Seconds between two heartbeats: the broker gives us up when it has heard nothing for two to three of them. Default 5. */
  heartbeatSecs?: number;
  /** A warning for the log: a dropped message, a closed channel. Ids and sizes only. */
  warn?: (message: string, details?: Record<string, unknown>) => void;
  /** For tests: 0 <= random() < 1. */
  random?: () => number;
}

export interface Bus {
  /** The login that the broker verifies. */
  readonly user: string;
  readonly state: BusState;
  /** Calls back on every change of state. Returns the way to stop. */
  onState(listener: (state: BusState) => void): () => void;
  /** Resolves when connected and declared; rejects with the last reason after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;
  /**
   * Sends and resolves when the broker has confirmed. Rejects with Unroutable (mandatory only) or Unconfirmed; it does
   * not retry: an Outbox does. Messages go out in the order of the calls.
   */
  publish(message: Outgoing): Promise<void>;
  /** Consumes now and after every reconnect. Returns the way to stop. */
  consume(queue: string, handler: Handler, options?: { prefetch?: number }): () => Promise<void>;
  /** Resolves when what was published is confirmed or lost (after 5 s all of it is), and the connection is closed. */
  close(): Promise<void>;
  /** Ends the connection at once, in the middle of whatever it does: the broker gives to others what was not acknowledged. */
  abort(): Promise<void>;
}

export interface OutboxOptions<Lane> {
  bus: Pick<Bus, 'publish' | 'state' | 'onState'>;
  /** The message that carries these frames of a lane; `first` is the number given with the first of them. */
  compose(lane: Lane, lines: readonly string[], first: number | undefined): Outgoing;
  /** Nobody listens (mandatory lanes only): the frames that were not delivered. They are dropped from the outbox. */
  onUnroutable?(lane: Lane, lines: readonly string[]): void;
  /** Default MAX_OUTBOX_BYTES. */
  maxBytes?: number;
}

/**
 * Keeps every frame until the broker has confirmed it, in order within a lane (a few messages of a lane are under way
 * at a time; what comes meanwhile is gathered into the next). After a reconnect what was unconfirmed is sent again, first.
 * The receiver drops what it has seen by `seq`. An Outbox lives in memory: it survives the broker, not its process.
 */
export interface Outbox<Lane> {
  /** Lanes are equal when `key` is. `number` is the frame's own, if frames of the lane are numbered. */
  push(key: string, lane: Lane, line: string, number?: number): void;
  /** More than the limit is waiting: the producer should pause until room() resolves. push() never refuses. */
  readonly full: boolean;
  room(): Promise<void>;
  /** Resolves when nothing is left unconfirmed. */
  drained(): Promise<void>;
  /** Bytes that wait or are under way. */
  readonly bytes: number;
}
