/** The addresses of the bus as functions, so that no other file spells one. See docs/protocol.md. */
import type { ClientAddress, Name } from './ids.js';

/** client → service; direct. */
export const COMMANDS = 'praxis.commands';
/** node → service; direct. */
export const EVENTS = 'praxis.events';
/** service → one node; topic, key = node name. A topic exchange, because brokers check binding keys per login only there. */
export const NODES = 'praxis.nodes';
/** service → one client; topic, key = client address. */
export const CLIENTS = 'praxis.clients';
/** service → everyone; fanout. */
export const BROADCAST = 'praxis.broadcast';

export const commandsQueue = (partition: number) => `praxis.service.${partition}.commands`;
export const eventsQueue = (partition: number) => `praxis.service.${partition}.events`;
export const nodeQueue = (node: Name) => `praxis.node.${node}`;
export const clientQueue = (client: ClientAddress) => `praxis.client.${client}`;

/** Where a service leaves the message that tells everyone when its connection ends. */
export const willQueue = (service: string) => `praxis.service.will.${service}`;

/** The routing key of a partition's queues. There is one partition, 0, until a service can own several. */
export const partitionKey = (partition: number) => `p${partition}`;

/** Logins at the broker. The broker verifies them on every message (`user-id`), so they are who a sender is. */
export const nodeLogin = (node: Name) => `node.${node}`;
export const clientLogin = (name: Name) => `client.${name}`;

export type Login = { role: 'node' | 'client'; name: Name };

/** Who a verified `user-id` is; undefined for a login that is neither a node nor a client. */
export function parseLogin(userId: string): Login | undefined {
  const match = /^(node|client)\.([a-z0-9][a-z0-9-]{0,62})$/.exec(userId);
  return match ? { role: match[1] as Login['role'], name: match[2]! } : undefined;
}
