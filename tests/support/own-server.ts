/** What the private servers of tests (RabbitMQ, Postgres) have in common: a port of their own, and an end with all that they started. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { waitUntil } from './wait.js';

/** Below the ports that the kernel gives to connections: one of those could take the port of a server that is down for a moment. */
const PORTS = { from: 15_000, to: 32_000 };

/** A port of 127.0.0.1 at which nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** kill -9 of a process that may have ended. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** kill -9 of a process group; resolves when it is gone. */
export async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  const signal = (name: NodeJS.Signals | 0) => {
    try {
      process.kill(-pid, name);
      return true;
    } catch {
      return false;
    }
  };
  signal('SIGKILL');
  await waitUntil(() => !signal(0), 10_000, 20);
}
