/** What the conformance suites share: one system over the embedded broker with the demo and the scripted agent, and peers of `praxis acp`. */
import { afterAll, beforeAll } from 'vitest';
import { scriptedAgent } from '../e2e/agents/scripted.js';
import type { AcpPeer, PeerOptions } from '../support/acp-peer.js';
import { System } from '../support/system.js';

export interface Fixture {
  readonly system: System;
  /** A new client; it has said `initialize` unless `raw`. */
  peer(options?: PeerOptions & { raw?: boolean; connector?: string }): Promise<AcpPeer>;
}

/** Brings the system up for the tests of this file. */
export function fixture(): Fixture {
  let system: System | undefined;
  beforeAll(async () => {
    system = await System.start({ node: () => ({ agents: { scripted: scriptedAgent() } }) });
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
