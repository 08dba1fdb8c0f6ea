/** A running node: its ACP server on the bus. It goes on through every loss of the broker, and stop() leaves no process behind. */
import { homedir } from 'node:os';
import { type Bus, createOutbox } from '../bus/index.js';
import { type Name, newId, nodeQueue } from '../proto/index.js';
import { AcpServer, type AcpServerOptions } from './acp-server.js';
import { Catalog } from './catalog.js';
import { within } from './clock.js';
import { Hello } from './hello.js';
import { composeUp, type UpLane, Uplink } from './uplink.js';

/** Milliseconds that a change of the connectors waits for others, so that a starting node does not say hello for each. */
const CHANGES_MS = 100;

/** Milliseconds that a stopping node waits for the broker to confirm its last words. */
const LAST_WORDS_MS = 2_000;

export interface NodeOptions extends Omit<AcpServerOptions, 'uplink' | 'onServiceOnline'> {
  bus: Bus;
  name: Name;
}

export interface RunningNode {
  /** Ends every agent, says bye, closes the bus. */
  stop(): Promise<void>;
}

export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { bus, name, connectors, clock, roots, yolo, policy = {}, warn } = options;
  const boot = newId();
  // Hello listens first, so that on a new connection it is said before what the outbox has kept.
  const hello = new Hello({
    bus,
    clock,
    boot,
    name,
    os: process.platform,
    home: homedir(),
    roots,
    yolo,
    policy,
    connectors: () => catalog.list(),
    sessions: () => server.list(),
  });
  const uplink = new Uplink(createOutbox<UpLane>({ bus, compose: composeUp(boot) }));
  let changed = false;
  const catalog = new Catalog({
    connectors,
    clock,
    onChange() {
      if (changed) return;
      changed = true;
      clock.after(CHANGES_MS, () => {
        changed = false;
        void hello.hello();
      });
    },
  });
  const server = new AcpServer({
    ...options,
    connectors: catalog.connectors,
    uplink,
    onServiceOnline: () => void hello.hello(),
  });
  const stopConsuming = bus.consume(nodeQueue(name), (message) => {
    server.receive(message);
    return 'ack';
  });
  hello.start();
  void catalog.start();
  return {
    async stop() {
      catalog.stop();
      // Before the answers of what it ends, so that the service does not send it the prompts that wait.
      void hello.leaving();
      await within(clock, LAST_WORDS_MS, stopConsuming()).catch((error: Error) =>
        warn('could not stop consuming', { reason: error.message }),
      );
      await server.stop();
      await within(clock, LAST_WORDS_MS, uplink.drained());
      await within(clock, LAST_WORDS_MS, hello.bye());
      await bus.close();
    },
  };
}
