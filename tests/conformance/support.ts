/** What the conformance suites share: over each broker one system with the demo and the scripted agent, and peers of `praxis acp`. */
import { afterAll, beforeAll } from 'vitest';
import { scriptedAgent } from '../e2e/agents/scripted.js';
import type { AcpPeer, PeerOptions } from '../support/acp-peer.js';
import { overBothBrokers, type StartSystem } from '../support/brokers.js';
import type { System } from '../support/system.js';

export interface Fixture {
  readonly system: System;
  /** A new client; it has said `initialize` unless `raw`. */
  peer(options?: PeerOptions & { raw?: boolean; connector?: string }): Promise<AcpPeer>;
}

/** Defines the suite once for each broker. */
export function conformance(name: string, suite: (test: Fixture) => void): void {
  overBothBrokers(`ACP v1, ${name}`, (start) => suite(fixture(start)));
}

function fixture(start: StartSystem): Fixture {
  let system: System | undefined;
  beforeAll(async () => {
    system = await start({ node: () => ({ agents: { scripted: scriptedAgent() } }) });
  });
  afterAll(() => system?.stop());
  return {
    get system() {
      return system!;
    },
    async peer({ raw = false, connector = 'scripted', ...options } = {}) {
      const peer = system!.acp(['--connector', connector], options);
      if (!raw) await peer.initialize();
      return peer;
    },
  };
}
