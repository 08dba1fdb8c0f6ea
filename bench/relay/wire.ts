/**
 * The bare relay: amqplib and nothing else over the same hops as Praxis, with the same guarantees (persistent where Praxis is,
 * confirmed, acknowledged after what follows from a message is confirmed). It is the limit that Praxis is measured against.
 */
import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';

export const COMMANDS = 'bench.commands';
export const EVENTS = 'bench.events';
export const NODES = 'bench.nodes';
export const CLIENTS = 'bench.clients';

/** Unacknowledged messages that one consumer holds; the same as Praxis. */
const PREFETCH = 200;
/** Confirms that a producer has outstanding at most. */
const WINDOW = 1_000;

/** How lines become messages: one each, or gathered while a confirm is outstanding, as Praxis does. */
export type Packing = 'single' | 'gathered';

export interface Link {
  model: ChannelModel;
  channel: ConfirmChannel;
}

export async function openLink(url: string): Promise<Link> {
  const model = await connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  return { model, channel };
}

export async function declare({ channel }: Link): Promise<void> {
  for (const exchange of [COMMANDS, EVENTS, NODES, CLIENTS])
    await channel.assertExchange(exchange, 'direct', { durable: true });
  for (const exchange of [COMMANDS, EVENTS]) {
    await channel.assertQueue(`${exchange}.queue`, { durable: true });
    await channel.bindQueue(`${exchange}.queue`, exchange, 'k');
  }
}

export interface Message {
  session: string;
  body: Buffer;
}

export const publish = (
  { channel }: Link,
  exchange: string,
  { session, body }: Message,
  persistent: boolean,
): Promise<void> =>
  new Promise((resolve, reject) => {
    channel.publish(exchange, 'k', body, { persistent, headers: { session } }, (error) =>
      error ? reject(error) : resolve(),
    );
  });

/** Calls back in the order of delivery; acknowledges when the promise resolves. */
export async function consume(
  { model }: Link,
  queue: string,
  handle: (message: Message) => Promise<void>,
): Promise<void> {
  const channel = await model.createChannel();
  await channel.prefetch(PREFETCH);
  const got = (message: ConsumeMessage | null) => {
    if (!message) return;
    const session = String(message.properties.headers?.session);
    handle({ session, body: message.content }).then(
      () => channel.ack(message),
      (error: unknown) => {
        throw error;
      },
    );
  };
  await channel.consume(queue, got);
}

/** Its own queue, as a node or client has it: exclusive, gone with the connection. */
export async function ownQueue({ channel }: Link, exchange: string): Promise<string> {
  const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
  await channel.bindQueue(queue, exchange, 'k');
  return queue;
}

/** Sends the lines of sessions in order; `room` resolves when the source may go on. */
export class Sender {
  #outstanding = 0;
  #paused: (() => void)[] = [];
  readonly #waiting = new Map<string, Buffer[]>();

  constructor(
    private readonly link: Link,
    private readonly exchange: string,
    private readonly packing: Packing,
  ) {}

  push(session: string, line: Buffer): void {
    if (this.packing === 'single') {
      this.#send(session, [line]);
      return;
    }
    const waiting = this.#waiting.get(session);
    if (waiting) waiting.push(line);
    else {
      this.#waiting.set(session, []);
      this.#send(session, [line]);
    }
  }

  get full(): boolean {
    return this.#outstanding >= WINDOW;
  }

  room(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#paused.push(resolve)) : Promise.resolve();
  }

  #send(session: string, lines: Buffer[]): void {
    this.#outstanding++;
    const body = lines.length === 1 ? lines[0]! : Buffer.from(lines.join('\n'));
    publish(this.link, this.exchange, { session, body }, true).then(() => {
      this.#outstanding--;
      if (!this.full) for (const go of this.#paused.splice(0)) go();
      if (this.packing === 'single') return;
      const next = this.#waiting.get(session)!;
      if (next.length === 0) this.#waiting.delete(session);
      else {
        this.#waiting.set(session, []);
        this.#send(session, next);
      }
    });
  }
}
