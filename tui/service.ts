/** What the screen asks of the service: done with the client; what comes of it goes back as messages. */
import type { Client } from '../client/index.js';
import { PraxisError } from '../proto/index.js';
import type { Effect, Message } from './effects.js';
import type { OpenSessions } from './sessions.js';

/** The effects that are done here. */
export type ServiceEffect = Extract<
  Effect,
  {
    type:
      | 'start'
      | 'attach'
      | 'prompt'
      | 'queue'
      | 'cancel'
      | 'close'
      | 'archive'
      | 'answer'
      | 'inbox'
      | 'choose'
      | 'answerForm'
      | 'rename'
      | 'refresh'
      | 'files';
  }
>;

/** An error as a sentence, with what to do about it where the other side said so. */
export function sentence(error: unknown): string {
  const { message, data } = PraxisError.from(error);
  const hint = typeof data === 'object' && data !== null ? (data as { hint?: unknown }).hint : undefined;
  return typeof hint === 'string' && hint !== '' ? `${message}. ${hint}` : message;
}

export class Service {
  readonly #client: Client;
  readonly #sessions: Pick<OpenSessions, 'start' | 'attach'>;
  readonly #tell: (message: Message) => void;

  constructor(
    client: Client,
    sessions: Pick<OpenSessions, 'start' | 'attach'>,
    tell: (message: Message) => void,
  ) {
    this.#client = client;
    this.#sessions = sessions;
    this.#tell = tell;
  }

  do(effect: ServiceEffect) {
    const client = this.#client;
    switch (effect.type) {
      case 'start':
        this.#sessions.start(effect).then(
          (sessionId) => this.#tell({ type: 'started', sessionId }),
          (error: unknown) => this.#tell({ type: 'startFailed', error: sentence(error) }),
        );
        return;
      case 'attach':
        return this.#try(this.#sessions.attach(effect.sessionId), 'The session cannot be opened');
      case 'prompt':
        return this.#prompt(effect);
      case 'queue':
        return this.#queue(effect);
      case 'cancel':
        return client.cancel(effect.sessionId);
      case 'close':
        return this.#try(client.closeSession(effect.sessionId), 'The session cannot be closed');
      case 'archive':
        return this.#try(
          client.call('_praxis/session/archive', { sessionId: effect.sessionId }),
          'The session cannot be put away',
        );
      case 'answer': {
        const result = { outcome: { outcome: 'selected', optionId: effect.optionId } };
        return client.answer(effect.sessionId, effect.requestId, { result });
      }
      case 'inbox':
        client.call('_praxis/approvals', {}).then(
          ({ approvals }) => this.#tell({ type: 'inbox', questions: approvals }),
          (error: unknown) => {
            this.#tell({ type: 'inbox', questions: null });
            const text = `The open questions cannot be listed: ${sentence(error)}`;
            this.#tell({ type: 'said', text, tone: 'bad' });
          },
        );
        return;
      case 'choose': {
        const { requestId, optionId, hash } = effect;
        return this.#choose({ requestId, choice: { optionId }, hash });
      }
      case 'answerForm': {
        const { requestId, answer: choice, hash } = effect;
        return this.#choose({ requestId, choice, ...(hash !== null && { hash }) });
      }
      case 'rename': {
        const { sessionId, title } = effect;
        return this.#try(
          client.call('_praxis/session/rename', { sessionId, title }),
          'The session cannot be named',
        );
      }
      case 'refresh':
        return this.#try(
          client
            .listSessions({ all: true })
            .then((sessions) => this.#tell({ type: 'sessions', sessions, whole: true })),
          'The sessions cannot be listed',
        );
      case 'files':
        void this.#files(effect);
    }
  }

  #choose(params: { requestId: string; choice: object; hash?: string }): void {
    const { requestId } = params;
    this.#client
      .call('_praxis/approvals/answer', params)
      .catch((error: unknown) => this.#tell({ type: 'chooseRefused', requestId, error: sentence(error) }));
  }

  /** Waits for `work`; where it fails, `what` and why are said. */
  #try(work: Promise<unknown>, what: string): void {
    work.catch((error: unknown) =>
      this.#tell({ type: 'said', text: `${what}: ${sentence(error)}`, tone: 'bad' }),
    );
  }

  #prompt({ sessionId, text, ticket, urgent }: Extract<Effect, { type: 'prompt' }>): void {
    const turn = this.#client.prompt(sessionId, [{ type: 'text', text }], { urgent });
    this.#tell({ type: 'sent', sessionId, ticket, turnId: turn.turnId });
    turn.accepted.then(
      () => this.#tell({ type: 'accepted', sessionId, ticket }),
      (error: unknown) => this.#tell({ type: 'refused', sessionId, ticket, error: sentence(error) }),
    );
    // How the turn ends is among its events.
    turn.result.catch(() => undefined);
  }

  #queue({ sessionId, turnId, change }: Extract<Effect, { type: 'queue' }>) {
    const client = this.#client;
    const turn = { sessionId, turnId };
    switch (change.kind) {
      case 'edit': {
        const prompt = [{ type: 'text', text: change.text }];
        client
          .call('_praxis/turn/edit', { ...turn, prompt })
          .catch((error: unknown) =>
            this.#tell({ type: 'editRefused', sessionId, text: change.text, error: sentence(error) }),
          );
        return;
      }
      case 'remove':
        return this.#try(client.call('_praxis/turn/remove', turn), 'The prompt cannot be removed');
      case 'next':
        return this.#try(client.call('_praxis/turn/next', turn), 'The prompt cannot go first');
      case 'now':
        return this.#try(
          client.call('_praxis/turn/next', turn).then(() => {
            // By its id: what runs by now may be this very prompt.
            if (change.running !== null) client.cancel(sessionId, change.running);
          }),
          'The prompt cannot run now',
        );
    }
  }

  async #files({ key, params }: Extract<Effect, { type: 'files' }>): Promise<void> {
    try {
      const { entries, truncated } = await this.#client.call('_praxis/files', params);
      const names = entries.map(({ name, kind }) => ({ name, isDirectory: kind === 'directory' }));
      this.#tell({ type: 'files', key, listing: { names, truncated } });
    } catch {
      // A directory that is not there yet, or a node that is too old: there is nothing to complete, and nothing to complain of.
      this.#tell({ type: 'files', key, listing: { names: [], truncated: false } });
    }
  }
}
