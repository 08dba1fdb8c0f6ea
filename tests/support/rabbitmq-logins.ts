/** A vhost of its own in a RabbitMQ, with logins that may do what the topology says and no more, as an operator would make them. */
import { randomUUID } from 'node:crypto';
import {
  clientLogin,
  type Home,
  type Login,
  nodeLogin,
  permissionsOf,
  writeSecret,
} from '../../proto/index.js';
import type { RabbitMqAddress } from './rabbitmq.js';

export interface RabbitLogin {
  /** With the administrator in it: what PRAXIS_BUS_URL is for the service. */
  serviceUrl: string;
  /** Puts the credentials of the first node and the first client into a home. */
  write(home: Home): void;
}

export async function rabbitLogins(
  rabbit: RabbitMqAddress,
  nodes: readonly string[],
  clients: readonly string[],
): Promise<RabbitLogin> {
  const vhost = `px-${randomUUID().slice(0, 8)}`;
  const authorization = `Basic ${Buffer.from(`${rabbit.user}:${rabbit.password}`).toString('base64')}`;
  const put = async (path: string, body: object = {}) => {
    const answer = await fetch(`${rabbit.adminUrl}/api/${path}`, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`RabbitMQ: PUT ${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  await put(`vhosts/${vhost}`);
  const all = { configure: '.*', write: '.*', read: '.*' };
  await put(`permissions/${vhost}/${rabbit.user}`, all);
  const url = `${rabbit.url}/${vhost}`;
  const logins: Login[] = [
    ...nodes.map((name): Login => ({ role: 'node', name })),
    ...clients.map((name): Login => ({ role: 'client', name })),
  ];
  const credentials = new Map<Login, { url: string; user: string; password: string }>();
  for (const login of logins) {
    const user = login.role === 'node' ? nodeLogin(login.name) : clientLogin(login.name);
    const password = 'test';
    await put(`users/${user}`, { password, tags: '' });
    const { topics, ...permissions } = permissionsOf(login);
    // The topic exchanges are the service's to declare, but their permissions can be set before.
    await put(`permissions/${vhost}/${user}`, permissions);
    for (const topic of topics) await put(`topic-permissions/${vhost}/${user}`, topic);
    credentials.set(login, { url, user, password });
  }
  return {
    serviceUrl: url.replace('//', `//${rabbit.user}:${rabbit.password}@`),
    write(home) {
      for (const role of ['node', 'client'] as const) {
        const login = logins.find((one) => one.role === role)!;
        writeSecret(home.credentials(role), credentials.get(login));
      }
    },
  };
}
