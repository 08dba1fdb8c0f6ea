/** Consumes one queue on a channel of its own, on every link anew. What a handler returns decides what becomes of a delivery. */
import type { Channel, ConsumeMessage } from 'amqplib';
import { bodyLines, Headers } from '../../proto/index.js';
import type { Handler, Incoming } from '../types.js';
import type { Link } from './link.js';
import { Settlement } from './settlement.js';

type Warn = (message: string, details?: Record<string, unknown>) => void;

export class Consumer {
  #current?: { channel: Channel; tag: string; settlement: Settlement };
  #stopped = false;

  constructor(
    readonly queue: string,
    private readonly handler: Handler,
    private readonly prefetch: number,
    private readonly warn: Warn,
  ) {}

  /** Begins on this link; a failure ends the link. */
  async start(link: Link): Promise<void> {
    try {
      const channel = await link.channel();
      const settlement = new Settlement(
        {
          ack: (tag, multiple) => link.open && channel.ack(byTag(tag), multiple),
          nack: (tag, requeue) => link.open && channel.nack(byTag(tag), false, requeue),
          later: (write) => link.later(write),
        },
        Math.ceil(this.prefetch / 4),
      );
      channel.on('close', () => {
        settlement.close();
        if (this.#current?.channel === channel) this.#current = undefined;
      });
      await channel.prefetch(this.prefetch);
      const { consumerTag } = await channel.consume(this.queue, (message) => {
        if (message) this.#deliver(message, settlement);
        else link.fail(new Error(`the queue ${this.queue} was deleted`));
      });
      this.#current = { channel, tag: consumerTag, settlement };
      if (this.#stopped) await this.stop();
    } catch (error) {
      if (link.open) link.fail(error);
    }
  }

  /** Takes no more; resolves when the deliveries under way are settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    try {
      await current.channel.cancel(current.tag);
      await current.settlement.idle();
      await current.channel.close();
    } catch (error) {
      this.warn('A consumer was lost while it stopped', {
        queue: this.queue,
        reason: (error as Error).message,
      });
    }
  }

  #deliver(raw: ConsumeMessage, settlement: Settlement): void {
    const settle = settlement.take(raw.fields.deliveryTag);
    const failed = (error: unknown): void => {
      this.warn('A handler failed; its message is dropped', {
        queue: this.queue,
        bytes: raw.content.length,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      settle('drop');
    };
    const message = this.#read(raw);
    if (!message) {
      settle('drop');
      return;
    }
    try {
      const outcome = this.handler(message);
      if (typeof outcome === 'string') settle(outcome);
      else outcome.then(settle, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The message with its headers checked; undefined, with a warning, for one that is none of ours. */
  #read(raw: ConsumeMessage): Incoming | undefined {
    const { userId, headers } = raw.properties;
    const parsed = Headers.safeParse(headers);
    if (parsed.success && typeof userId === 'string' && userId !== '')
      return {
        headers: parsed.data,
        lines: bodyLines(raw.content.toString('utf8')),
        userId,
        redelivered: raw.fields.redelivered,
      };
    this.warn('A message that is none of ours was dropped', {
      queue: this.queue,
      user: userId,
      bytes: raw.content.length,
      problem: parsed.success
        ? 'no user-id'
        : parsed.error.issues.map(({ path }) => path.join('.')).join(', '),
    });
    return undefined;
  }
}

/** amqplib settles a message by the tag in its fields; the rest of the message need not be kept for it. */
const byTag = (deliveryTag: number) => ({ fields: { deliveryTag } }) as unknown as ConsumeMessage;
