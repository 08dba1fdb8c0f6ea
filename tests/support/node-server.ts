/**
 * A node's ACP server with real agent processes and no broker: what it sends up is kept here, in order, and requests are
 * asked as the service asks them.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AcpServer, type AcpServerOptions } from '../../node-agent/acp-server.js';
import { type Clock, systemClock } from '../../node-agent/clock.js';
import type { Connector } from '../../node-agent/connector.js';
import { Groups } from '../../node-agent/groups.js';
import { type UpLane, Uplink } from '../../node-agent/uplink.js';
import {
  type Frame,
  newId,
  notificationLine,
  packageRoot,
  parseFrame,
  type Response,
  requestLine,
} from '../../proto/index.js';
import { waitUntil } from './wait.js';

/** The demo agent, compiled. */
export const DEMO = [process.execPath, join(packageRoot, 'dist/connectors/demo/agent/main.js')];

/** A connector that starts this command. */
export const fixedConnector = (
  id: string,
  command: string[],
  env: Record<string, string> = {},
): Connector => ({
  id,
  info: async () => ({ id, title: id, version: null, status: 'ready', hint: null }),
  open: async () => ({ command, env }),
});

/** A connector whose agent is this JavaScript. */
export const scriptConnector = (id: string, script: string): Connector =>
  fixedConnector(id, [process.execPath, '-e', script]);

export interface Sent {
  lane: UpLane;
  number: number | undefined;
  frame: Frame;
}

export class TestServer {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'pxn-')));
  readonly cwd = join(this.dir, 'work');
  readonly sent: Sent[] = [];
  readonly warnings: string[] = [];
  readonly server: AcpServer;
  /** Set it and the outbox counts as full; call `makeRoom` to end that. */
  full = false;
  makeRoom: () => void = () => undefined;

  constructor(connectors: Connector[], options: Partial<AcpServerOptions> & { clock?: Clock } = {}) {
    mkdirSync(this.cwd);
    const self = this;
    this.server = new AcpServer({
      connectors,
      roots: ['/'],
      yolo: 'allow',
      terminal: 'write',
      mcpServers: 'allow',
      uplink: new Uplink({
        push: (_key, lane, line, number) => void this.sent.push({ lane, number, frame: parseFrame(line) }),
        get full() {
          return self.full;
        },
        room: () =>
          new Promise((resolve) => {
            this.makeRoom = () => {
              this.full = false;
              resolve();
            };
          }),
        drained: async () => undefined,
        bytes: 0,
      }),
      groups: new Groups(join(this.dir, 'agents')),
      clock: systemClock,
      onServiceOnline: () => undefined,
      warn: (message) => void this.warnings.push(message),
      ...options,
    });
  }

  /** Gives the server a line, as a message of the service. */
  give(line: string, session?: string): void {
    this.server.receive({
      headers: { v: 1, ...(session && { session }) },
      lines: [line],
      userId: 'service',
      redelivered: false,
    });
  }

  /** Asks and waits for the answer with this id. */
  async ask(method: string, params: Record<string, unknown>, id: string = newId()): Promise<Response> {
    const from = this.sent.length;
    this.give(requestLine(id, method, params), params.sessionId as string | undefined);
    return this.answerTo(id, from);
  }

  async answerTo(id: string, from = 0): Promise<Response> {
    const find = () =>
      this.sent.slice(from).find(({ frame }) => frame.kind === 'response' && frame.id === id);
    await waitUntil(() => find() !== undefined, 20_000);
    return find()!.frame as Response;
  }

  newSession(
    connector: string,
    praxis: Record<string, unknown> = {},
    params: Record<string, unknown> = {},
    meta: Record<string, unknown> = {},
  ) {
    const sessionId = (praxis.sessionId as string | undefined) ?? newId();
    const _meta = { ...meta, praxis: { connector, ...praxis, sessionId } };
    return this.ask('session/new', { cwd: this.cwd, mcpServers: [], ...params, _meta }, sessionId);
  }

  /** Opens a session that must open. Returns its id. */
  async open(
    connector: string,
    praxis: Record<string, unknown> = {},
    params: Record<string, unknown> = {},
  ): Promise<string> {
    const { result, error } = await this.newSession(connector, praxis, params);
    if (error) throw new Error(`${error.code} ${error.message}`);
    return (result as { sessionId: string }).sessionId;
  }

  prompt(sessionId: string, text: string, id: string = newId()): Promise<Response> {
    return this.ask('session/prompt', { sessionId, prompt: [{ type: 'text', text }] }, id);
  }

  cancel(sessionId: string): void {
    this.give(notificationLine('session/cancel', { sessionId }), sessionId);
  }

  framesOf(sessionId: string): Sent[] {
    return this.sent.filter(({ lane }) => lane?.sessionId === sessionId);
  }

  /** What the agent said as text, joined. */
  textOf(sessionId: string): string {
    return this.updatesOf(sessionId, 'agent_message_chunk')
      .map((update) => (update.content as { text: string }).text)
      .join('');
  }

  updatesOf(sessionId: string, kind: string): Record<string, unknown>[] {
    return this.framesOf(sessionId).flatMap(({ frame }) => {
      const update =
        'params' in frame ? (frame.params.update as Record<string, unknown> | undefined) : undefined;
      return update?.sessionUpdate === kind ? [update] : [];
    });
  }

  async waitFor(method: string, count = 1): Promise<Extract<Frame, { method: string }>> {
    const find = () =>
      this.sent.map(({ frame }) => frame).filter((frame) => 'method' in frame && frame.method === method);
    await waitUntil(() => find().length >= count, 20_000);
    return find()[count - 1] as Extract<Frame, { method: string }>;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
