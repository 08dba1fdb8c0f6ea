/** Every message of the node and of the clients a second time, late, as from a broker that delivers again. */
import { setTimeout as sleep } from 'node:timers/promises';
import amqp from 'amqplib';
import { COMMANDS, Credentials, EVENTS, partitionKey, readConfig } from '../../proto/index.js';
import type { Random } from './random.js';
import type { Stage } from './stage.js';

export async function duplicate({ rabbit, system }: Stage, random: Random, ms: number): Promise<void> {
  const near = (role: 'node' | 'client') => readConfig(system.home.credentials(role), Credentials)!;
  const vhost = new URL(near('node').url).pathname;
  const login = (user: string, password: string) =>
    amqp.connect(`${rabbit!.url.replace('//', `//${user}:${password}@`)}${vhost}`, { noDelay: true });
  const admin = await login(rabbit!.user, rabbit!.password);
  const connections = [admin];
  const listen = await admin.createChannel();
  const timers: NodeJS.Timeout[] = [];
  for (const [role, exchange] of [
    ['node', EVENTS],
    ['client', COMMANDS],
  ] as const) {
    const { user, password } = near(role);
    const own = await login(user, password);
    connections.push(own);
    const say = await own.createChannel();
    const { queue } = await listen.assertQueue('', { exclusive: true });
    await listen.bindQueue(queue, exchange, partitionKey(0));
    // A copy comes here too, and is not copied again.
    const known = new Set<string>();
    await listen.consume(
      queue,
      (message) => {
        const text = message && `${JSON.stringify(message.properties.headers)}${message.content}`;
        if (!message || text === null || known.has(text) || message.properties.userId !== user) return;
        known.add(text);
        const { headers, contentType, deliveryMode } = message.properties;
        const again = () =>
          say.publish(exchange, partitionKey(0), message.content, {
            ...{ headers, contentType, deliveryMode, userId: user },
          });
        timers.push(setTimeout(again, random.between(0, 500)));
      },
      { noAck: true },
    );
  }
  await sleep(ms);
  await listen.close();
  await sleep(600);
  if (timers.length === 0) throw new Error('no message was there to copy');
  await Promise.all(connections.map((connection) => connection.close()));
}
