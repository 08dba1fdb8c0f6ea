/** The measuring client over the bare relay: the same ACP frames that an agent on a pipe would get, over four hops. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isChunk, type Session, type Target } from '../target.js';
import { CLIENTS, COMMANDS, consume, declare, openLink, ownQueue, type Packing, Sender } from './wire.js';

interface Answer {
  params?: Record<string, unknown>;
  result?: { sessionId?: string };
  error?: { message: string };
}

class RelaySession implements Session {
  #next = 0;
  #frames = 0;
  #sessionId = '';
  readonly #open = new Map<number, (answer: Answer) => void>();

  constructor(private readonly send: (line: string) => void) {}

  got(line: string): void {
    const frame = JSON.parse(line) as Answer & { id?: number; method?: string };
    if (frame.method !== undefined) {
      if (isChunk(frame)) this.#frames++;
      return;
    }
    this.#open.get(frame.id!)?.(frame);
    this.#open.delete(frame.id!);
  }

  async request(method: string, params: object): Promise<Answer['result']> {
    const id = this.#next++;
    const answered = new Promise<Answer>((resolve) => this.#open.set(id, resolve));
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const { result, error } = await answered;
    if (error) throw new Error(error.message);
    return result;
  }

  async start(cwd: string): Promise<void> {
    await this.request('initialize', { protocolVersion: 1, clientCapabilities: {} });
    this.#sessionId = (await this.request('session/new', { cwd, mcpServers: [] }))!.sessionId!;
  }

  async prompt(text: string): Promise<{ frames: number }> {
    this.#frames = 0;
    await this.request('session/prompt', {
      sessionId: this.#sessionId,
      prompt: [{ type: 'text', text }],
    });
    return { frames: this.#frames };
  }

  async close(): Promise<void> {
    // The agents of the relay end with its node.
  }
}

const fork_ = async (file: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env } });
  await once(child, 'message');
  return child;
};

/** Starts the relay's two processes and connects to them. */
export async function startRelay(
  url: string,
  agent: readonly string[],
  packing: Packing,
  cwd: string,
): Promise<Target> {
  const env = { BENCH_URL: url, BENCH_AGENT: JSON.stringify(agent), BENCH_PACKING: packing };
  const children = [await fork_('./service.ts', env), await fork_('./node.ts', env)];
  const link = await openLink(url);
  await declare(link);
  const sender = new Sender(link, COMMANDS, 'single');
  const sessions = new Map<string, RelaySession>();
  await consume(link, await ownQueue(link, CLIENTS), async ({ session, body }) => {
    for (const line of body.toString().split('\n')) sessions.get(session)!.got(line);
  });
  return {
    name: packing === 'single' ? 'bare relay' : 'bare relay, gathered',
    async open() {
      const id = randomUUID();
      const session = new RelaySession((line) => sender.push(id, Buffer.from(line)));
      sessions.set(id, session);
      await session.start(cwd);
      return session;
    },
    async close() {
      for (const child of children) {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      }
      await link.model.close();
    },
  };
}
