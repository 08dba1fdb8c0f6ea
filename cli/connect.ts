/** One command's connection: made, awaited with a limit, and closed whatever the command does. */
import { type Client, connectClient, placeOf } from '../client/index.js';
import { ErrorCode, homeOf, PraxisError } from '../proto/index.js';
import { canAsk, type Io, slowReader } from './io.js';
import { liveState } from './up/state.js';

/** Milliseconds that a system has to answer. */
const READY_MS = 10_000;
/** Milliseconds that the answer to one short request may take. */
export const ANSWER_MS = 15_000;

export async function withClient<T>(io: Io, work: (client: Client) => Promise<T>): Promise<T> {
  const home = homeOf(io.env);
  const mayStart = placeOf(io.env, home).elsewhere === undefined;
  const notRunning = (why: string) =>
    new PraxisError(ErrorCode.Disconnected, why, mayStart ? { hint: 'Start it with: praxis up' } : undefined);
  const client = connectClient({
    env: io.env,
    name: 'praxis-cli',
    interactive: canAsk(io),
    busy: () => slowReader(io),
  });
  try {
    const comesUp = !mayStart || liveState(home) !== undefined;
    await Promise.race([client.ready(READY_MS), ...(comesUp ? [] : [refused(client)])]);
  } catch (error) {
    await client.close();
    throw notRunning(`Praxis is not running here, or cannot be reached: ${(error as Error).message}`);
  }
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Rejects as soon as a first try to connect has failed: nobody is about to start the system. */
function refused(client: Client): Promise<never> {
  return new Promise((_, reject) => {
    const check = () => {
      const { link } = client;
      if (link.kind === 'connecting' && link.reason !== undefined) reject(new Error(link.reason));
    };
    client.onLink(check);
    check();
  });
}

/** The promise, or TimedOut after `ms`: for requests that the service answers itself. */
export function within<T>(promise: Promise<T>, ms: number = ANSWER_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PraxisError(ErrorCode.TimedOut, `The service did not answer within ${ms / 1_000} s`));
    }, ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
