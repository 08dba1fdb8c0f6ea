/**
 * Publishes over one channel with confirms: every message is confirmed, returned, or lost with the channel. A persistent
 * message is never confirmed without a queue that has it: between the declaration of an exchange and of its bindings a broker
 * would confirm it and forget it.
 */
import type { ConfirmChannel } from 'amqplib';
import { CONTENT_TYPE, linesBody, WIRE_VERSION } from '../../proto/index.js';
import { type Outgoing, Unconfirmed, Unroutable } from '../types.js';

export class Publisher {
  #sent = 0;
  #outstanding = 0;
  readonly #returned = new Set<string>();
  readonly #idle: (() => void)[] = [];

  constructor(
    private readonly channel: ConfirmChannel,
    private readonly user: string,
    /** Why the connection ended, for the error of what was lost with it. */
    private readonly lostReason: () => string | undefined,
    /** The broker refused a message that was in order; a new connection is the remedy. */
    private readonly onRefused: (error: Error) => void,
  ) {
    // The broker returns a message before it confirms it, so the confirm finds its id here.
    channel.on('return', (message) => this.#returned.add(message.properties.messageId));
  }

  publish(message: Outgoing): Promise<void> {
    const { exchange, key, mandatory = false, persistent = false } = message;
    const mustRoute = mandatory || persistent;
    const messageId = mustRoute ? String(++this.#sent) : undefined;
    return new Promise((resolve, reject) => {
      const options = {
        headers: { ...message.headers, v: WIRE_VERSION },
        contentType: CONTENT_TYPE,
        userId: this.user,
        persistent,
        mandatory: mustRoute,
        messageId,
      };
      const confirmed = (error: Error | null) => {
        this.#settled();
        const returned = messageId !== undefined && this.#returned.delete(messageId);
        if (!error && returned && mandatory) reject(new Unroutable(exchange, key));
        else if (!error && !returned) resolve();
        else {
          const problem = error ?? new Error(`no queue takes ${key} at ${exchange} yet`);
          // A nack or a missing queue leaves the connection open.
          if (this.lostReason() === undefined && (returned || problem.message === 'message nacked'))
            this.onRefused(problem);
          reject(new Unconfirmed(this.lostReason() ?? problem.message));
        }
      };
      this.#outstanding++;
      try {
        this.channel.publish(exchange, key, Buffer.from(linesBody(message.lines)), options, confirmed);
      } catch (error) {
        this.#settled();
        reject(new Unconfirmed(this.lostReason() ?? (error as Error).message));
      }
    });
  }

  /** Resolves when nothing is outstanding. */
  idle(): Promise<void> {
    return this.#outstanding === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #settled(): void {
    if (--this.#outstanding === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
