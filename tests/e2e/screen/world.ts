/** What the suites of the screen share: one running system, and people who look at it. */
import type { Client } from '../../../client/index.js';
import { Person } from '../../support/person.js';
import type { System } from '../../support/system.js';
import type { TerminalOptions } from '../../support/terminal.js';

export class World {
  readonly tried = new Set<string>();
  client!: Client;
  system!: System;
  readonly #people: Person[] = [];

  async start(system: System): Promise<void> {
    this.system = system;
    this.client = await system.client();
  }

  /** Somebody starts `praxis` and sees its list. */
  async enter(options?: TerminalOptions): Promise<Person> {
    const person = new Person(this.system, this.tried, options);
    this.#people.push(person);
    await person.see('● connected');
    await person.see('Demo agent');
    return person;
  }

  /** A session that somebody else started. `prompt` is accepted when this resolves. */
  async session(title: string, prompt?: string): Promise<string> {
    const { work } = this.system;
    const { sessionId, cursor } = await this.client.newSession(
      { connector: 'demo', cwd: work, title },
      () => undefined,
    );
    if (prompt !== undefined) await this.client.prompt(sessionId, [{ type: 'text', text: prompt }]).accepted;
    await cursor.detach();
    return sessionId;
  }

  /** Everybody leaves, and every session is closed. */
  async clear(): Promise<void> {
    for (const person of this.#people.splice(0)) person.leave();
    const sessions = await this.client.listSessions();
    await Promise.all(sessions.map(({ sessionId }) => this.client.closeSession(sessionId)));
  }
}

/** The chosen line of a window: what stands behind its ▸. */
export const chosen = (text: string): string => /│ +▸ (.*?)\s*│/.exec(text)?.[1] ?? '';

/** The row of the screen with `words`. */
export const rowOf = (text: string, words: string): number =>
  text.split('\n').findIndex((line) => line.includes(words));

/** The agent said these words, and nothing else, on a line of its own. */
export const said = (words: string): RegExp => new RegExp(`│[▏ ]${words}$`, 'm');
