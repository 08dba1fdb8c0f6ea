/**
 * The nodes that have registered and whether they are there. Silence is counted in ticks of the service while it is itself
 * connected, so that neither an outage of the bus nor a suspended service looks like the death of a node.
 */

import type { z } from 'zod';
import {
  NODE_GONE_MS,
  NODE_SILENT_MS,
  type NodeInfo,
  type NodeMessages,
  type NodePolicy,
} from '../../proto/index.js';
import type { NodeRow } from '../store/index.js';

export type Hello = z.infer<(typeof NodeMessages)['_praxis/node/hello']>;

interface Entry {
  info: NodeInfo;
  boot: string;
  silentMs: number;
  /** It has said something since the service was connected last. */
  heard: boolean;
  /** It had no queue, or said goodbye: it is there again with its next hello, whatever it had said before comes until then. */
  absent: boolean;
  /** Silent so long that its sessions were given up. */
  gone: boolean;
  /** It is about to stop, and takes nothing more. */
  leaving: boolean;
}

export interface NodesDeps {
  now(): number;
  sessionsOn(node: string): number;
}

export class Nodes {
  private readonly byName = new Map<string, Entry>();

  constructor(private readonly deps: NodesDeps) {}

  /**
   * Takes the nodes of an earlier run of the service, as they were then: those that are still there say hello when they hear
   * that it is back.
   */
  restore(rows: readonly NodeRow[]): void {
    for (const { name, boot, info: kept } of rows) {
      const { leaving = false, ...info } = JSON.parse(kept) as NodeInfo & { leaving?: boolean };
      this.byName.set(name, { info, boot, silentMs: 0, heard: false, absent: false, gone: false, leaving });
    }
  }

  bootOf(name: string): string | undefined {
    return this.byName.get(name)?.boot;
  }

  /** Stands for its newest hello: another one each time. */
  helloOf(name: string): unknown {
    return this.byName.get(name);
  }

  /** What the owner sets for the node's sessions. */
  policyOf(name: string): NodePolicy {
    return this.byName.get(name)?.info.policy ?? {};
  }

  isLive(name: string): boolean {
    return this.byName.get(name)?.info.state === 'live';
  }

  /** It said that it is about to stop, and has not come back yet. */
  isLeaving(name: string): boolean {
    return this.byName.get(name)?.leaving === true;
  }

  /** The node registers. */
  hello(hello: Hello): void {
    const { name, boot, version, os, home, roots, yolo, policy = {}, connectors, leaving = false } = hello;
    const info = {
      name,
      state: 'live',
      version,
      os,
      home,
      roots,
      yolo,
      policy,
      connectors,
      sessions: 0,
      lastSeen: this.deps.now(),
    } as const;
    this.byName.set(name, { info, boot, silentMs: 0, heard: true, absent: false, gone: false, leaving });
  }

  /** The node as the store keeps it. */
  row(name: string): NodeRow | undefined {
    const node = this.byName.get(name);
    if (!node) return undefined;
    const { boot, info, leaving } = node;
    return { name, boot, info: JSON.stringify({ ...info, ...(leaving && { leaving }) }) };
  }

  /** The node said something. `back` when it was taken for lost. */
  seen(name: string, boot: string): 'known' | 'back' | 'unknown' {
    const node = this.byName.get(name);
    if (node?.boot !== boot) return 'unknown';
    if (node.absent) return 'known';
    node.silentMs = 0;
    node.heard = true;
    node.info.lastSeen = this.deps.now();
    if (node.info.state === 'live') return 'known';
    node.info.state = 'live';
    node.gone = false;
    return 'back';
  }

  /** It is no node of ours any more. */
  remove(name: string): void {
    this.byName.delete(name);
  }

  /** Nobody takes messages at its address, or it said goodbye. */
  lost(name: string): void {
    const node = this.byName.get(name);
    if (!node) return;
    node.info.state = 'lost';
    node.absent = true;
  }

  /** Time has passed: who has just become silent, and who is given up. */
  tick(elapsedMs: number): { silent: string[]; gone: string[] } {
    const silent: string[] = [];
    const gone: string[] = [];
    for (const [name, node] of this.byName) {
      node.silentMs += elapsedMs;
      if (node.silentMs >= NODE_SILENT_MS && node.info.state === 'live') {
        node.info.state = 'lost';
        silent.push(name);
      }
      if (node.silentMs >= NODE_GONE_MS && !node.gone) {
        node.gone = true;
        gone.push(name);
      }
    }
    return { silent, gone };
  }

  /** The service was disconnected itself: nobody can be blamed for the silence, and who is there will be heard. */
  forgive(): void {
    for (const node of this.byName.values()) {
      node.silentMs = 0;
      node.heard = false;
    }
  }

  /** The broker may have restarted with the service, and the node be on its way back to it. */
  isExpected(name: string): boolean {
    const node = this.byName.get(name);
    return node?.info.state === 'live' && !node.heard;
  }

  list(): NodeInfo[] {
    return [...this.byName.values()]
      .map(({ info }) => ({ ...info, sessions: this.deps.sessionsOn(info.name) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
