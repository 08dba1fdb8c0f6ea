/** Praxis as the benchmarks drive it: a whole system of its own, and a client of the library that every client uses. */
import type { Client } from '../client/index.js';
import type { RabbitMqAddress } from '../tests/support/rabbitmq.js';
import { System } from '../tests/support/system.js';
import { isChunk, type Session, type Target } from './target.js';

class PraxisSession implements Session {
  frames = 0;
  sessionId = '';

  constructor(private readonly client: Client) {}

  async prompt(text: string): Promise<{ frames: number }> {
    this.frames = 0;
    await this.client.prompt(this.sessionId, [{ type: 'text', text }]).result;
    return { frames: this.frames };
  }

  close(): Promise<void> {
    return this.client.closeSession(this.sessionId);
  }
}

export interface PraxisTarget extends Target {
  readonly system: System;
}

export async function startPraxis(rabbit: RabbitMqAddress | undefined): Promise<PraxisTarget> {
  const system = await System.start({ ...(rabbit && { rabbit }) });
  const client = await system.client();
  return {
    name: rabbit ? 'Praxis' : 'Praxis, embedded broker',
    system,
    async open() {
      const session = new PraxisSession(client);
      const { sessionId } = await client.newSession({ connector: 'demo', cwd: system.work }, ({ frame }) => {
        if (frame.kind === 'notification' && isChunk(frame)) session.frames++;
      });
      session.sessionId = sessionId;
      return session;
    },
    close: () => system.stop(),
  };
}
