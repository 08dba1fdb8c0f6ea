/** Declares a topology at the broker. What another part has not made yet, or still holds, is tried again until it works. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../../proto/index.js';
import { backoffMs } from './backoff.js';
import type { Link } from './link.js';
import { describe, replyCode } from './reason.js';

/** The broker is there, so a try costs little: a node waits this long at most after its service has come. */
const DECLARE_CAP_MS = 1_000;
const NOT_FOUND = 404;
const RESOURCE_LOCKED = 405;

export async function declare(
  link: Link,
  topology: Topology,
  random: () => number,
  onWait: (reason: string, waitMs: number) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const channel = await link.declaringChannel();
    try {
      for (const { name, type, durable } of topology.exchanges)
        await channel.assertExchange(name, type, { durable });
      for (const { name, ...options } of topology.queues)
        await channel.assertQueue(name, { durable: false, ...options });
      for (const { queue, exchange, key } of topology.bindings) await channel.bindQueue(queue, exchange, key);
      return await channel.close();
    } catch (error) {
      const code = replyCode(error);
      if (link.lost !== undefined || (code !== NOT_FOUND && code !== RESOURCE_LOCKED)) throw error;
      const waitMs = backoffMs(attempt, random, DECLARE_CAP_MS);
      onWait(describe(error, link.user), waitMs);
      await sleep(waitMs);
      if (link.lost !== undefined) throw error;
    }
  }
}
