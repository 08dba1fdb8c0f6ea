/**
 * The embedded broker: AMQP 0-9-1 for the parts of one machine, over a Unix socket that only its owner can open and, when
 * asked for, loopback TCP. It keeps everything in memory, and says so: a persistent message in a durable queue is
 * confirmed when its consumer has acknowledged it, so a confirm is never a lie.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { makeDirectory } from '../../proto/index.js';
import { type Authenticate, Connection } from './connection.js';
import { AmqpError } from './errors.js';
import { DEFAULT_MEMORY_LIMIT, Memory } from './memory.js';
import { VirtualHost } from './vhost.js';

export interface BrokerOptions {
  /** A path; its folder is made for the owner alone. A dead broker's socket is taken over, a live one's is refused. */
  socket?: string;
  /** Loopback only. Port 0 is any free one. */
  tcp?: { host: '127.0.0.1' | '::1'; port: number };
  logins: {
    authenticate: Authenticate;
    /** Tells of a login that is no longer there: its connections end. */
    onRemoved?(listener: (user: string) => void): () => void;
  };
  /** Bytes of messages at which publishers wait. Default DEFAULT_MEMORY_LIMIT. */
  memoryLimit?: number;
  warn?: (message: string, details?: Record<string, unknown>) => void;
}

export interface Broker {
  /** The port of the TCP listener; undefined without one. */
  readonly port: number | undefined;
  /** Ends every connection in order, then the listeners. */
  close(): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', '::1'];
/** Milliseconds that clients have to answer when the broker closes. */
const CLOSE_MS = 500;

/** Resolves when it takes connections. Rejects when another broker has the socket or the port. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const connections = new Set<Connection>();
  const host = {
    vhost: new VirtualHost(new Memory(options.memoryLimit ?? DEFAULT_MEMORY_LIMIT)),
    authenticate: options.logins.authenticate,
    warn: options.warn ?? (() => undefined),
  };
  const accept = (socket: Socket) => {
    const connection = new Connection(socket, host, () => connections.delete(connection));
    connections.add(connection);
  };
  const servers: Server[] = [];
  const closeServers = () => Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  let port: number | undefined;
  try {
    if (options.socket !== undefined) {
      makeDirectory(dirname(options.socket));
      chmodSync(dirname(options.socket), 0o700);
      await takeOver(options.socket);
      servers.push(await listen({ path: options.socket }, accept));
      chmodSync(options.socket, 0o600);
    }
    if (options.tcp) {
      if (!LOOPBACK.includes(options.tcp.host))
        throw new Error('The embedded broker listens on loopback only');
      const server = await listen(options.tcp, accept);
      servers.push(server);
      port = (server.address() as { port: number }).port;
    }
  } catch (error) {
    await closeServers();
    throw error;
  }
  const stopLogins = options.logins.onRemoved?.((user) => {
    for (const connection of [...connections])
      if (connection.user === user)
        connection.close(new AmqpError('CONNECTION_FORCED', 'the login was removed'));
  });
  return {
    port,
    async close() {
      stopLogins?.();
      const closed = closeServers();
      for (const connection of [...connections])
        connection.close(new AmqpError('CONNECTION_FORCED', 'the broker shuts down'));
      const timer = setTimeout(() => {
        for (const connection of [...connections]) connection.destroy();
      }, CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function listen(where: ListenOptions, accept: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, accept);
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Removes the socket that a broker left behind when it was killed; never a file of another kind. */
function takeOver(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
      reject(new Error(`The socket ${path} cannot be used: a file of that name is there`));
      return;
    }
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      reject(new Error(`Another broker is running: it answers at ${path}`));
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') unlinkSync(path);
      else if (error.code !== 'ENOENT') {
        reject(new Error(`The socket ${path} cannot be used: ${error.message}`));
        return;
      }
      resolve();
    });
  });
}
