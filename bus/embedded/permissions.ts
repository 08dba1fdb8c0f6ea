/**
 * What a login may touch, as RabbitMQ decides it (https://www.rabbitmq.com/docs/access-control): a pattern of names for each
 * verb, searched unanchored, where an empty pattern matches the empty name only; and patterns of keys for topic exchanges,
 * which bind only for the exchanges that are listed.
 */
import type { Permissions } from '../../proto/index.js';
import { AmqpError } from './errors.js';

export type Verb = 'configure' | 'write' | 'read';

const pattern = (source: string): RegExp => new RegExp(source === '' ? '^$' : source);

export class Access {
  readonly #verbs: Record<Verb, RegExp>;
  readonly #topics: Map<string, { write: RegExp; read: RegExp }>;
  /** Answers that were given before: the same few names are asked for with every message. */
  readonly #known = new Map<string, boolean>();

  constructor(
    private readonly user: string,
    permissions: Permissions,
  ) {
    const { configure, write, read, topics } = permissions;
    this.#verbs = { configure: pattern(configure), write: pattern(write), read: pattern(read) };
    this.#topics = new Map(
      topics.map(({ exchange, ...keys }) => [
        exchange,
        { write: pattern(keys.write), read: pattern(keys.read) },
      ]),
    );
  }

  /** Throws 403 unless the login may do this with the queue or exchange. The default exchange is named amq.default. */
  check(verb: Verb, kind: 'queue' | 'exchange', name: string): void {
    const resource = kind === 'exchange' && name === '' ? 'amq.default' : name;
    if (!this.#allowed(verb, resource)) throw this.#refused(`${kind} '${resource}' in vhost '/'`);
  }

  /** Throws 403 unless the login may use this key at the topic exchange. */
  checkTopic(verb: 'write' | 'read', exchange: string, key: string): void {
    if (this.#topics.get(exchange)?.[verb].test(key) === false)
      throw this.#refused(`topic '${key}' in exchange '${exchange}' in vhost '/'`);
  }

  #allowed(verb: Verb, name: string): boolean {
    const question = `${verb} ${name}`;
    let answer = this.#known.get(question);
    if (answer === undefined) {
      answer = this.#verbs[verb].test(name);
      if (this.#known.size < 1_000) this.#known.set(question, answer);
    }
    return answer;
  }

  #refused(what: string): AmqpError {
    return new AmqpError('ACCESS_REFUSED', `access to ${what} refused for user '${this.user}'`);
  }
}
