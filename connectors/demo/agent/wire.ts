/**
 * JSON-RPC 2.0 over stdin and stdout, a frame per line. What is written is logged first (DEMO_AGENT_LOG), so that a test
 * can compare what the agent said with what arrived.
 */
import { openSync, writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

type Params = Record<string, unknown>;

/** An error that goes over the wire as it is. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

export interface Handlers {
  request(method: string, params: Params): Promise<unknown>;
  /** Called after the answer to a request has been written. */
  answered(method: string, result: unknown): void;
  notification(method: string, params: Params): void;
  end(): void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Wire {
  private nextId = 0;
  private readonly pending = new Map<number, Pending>();
  private rest = '';
  private readonly log: number | undefined;

  constructor(
    input: Readable,
    private readonly output: Writable,
    private readonly handlers: Handlers,
    logFile: string | undefined,
  ) {
    this.log = logFile ? openSync(logFile, 'a') : undefined;
    input.setEncoding('utf8');
    input.on('data', (text: string) => this.receive(text));
    input.on('end', () => handlers.end());
    output.on('error', () => handlers.end());
  }

  notify(method: string, params: Params): void {
    this.send({ jsonrpc: '2.0', method, params });
  }

  request(method: string, params: Params): Promise<unknown> {
    const id = this.nextId++;
    const answer = new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
    this.send({ jsonrpc: '2.0', id, method, params });
    return answer;
  }

  /** Writes whole lines, each with its end. Resolves when the reader keeps up. */
  write(lines: string): Promise<void> {
    if (this.log !== undefined) writeSync(this.log, lines);
    if (this.output.write(lines)) return Promise.resolve();
    return new Promise((resolve) => this.output.once('drain', resolve));
  }

  private send(frame: unknown): void {
    void this.write(`${JSON.stringify(frame)}\n`);
  }

  private receive(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.take(line);
  }

  private take(line: string): void {
    let frame: { id?: unknown; method?: unknown; params?: Params; result?: unknown; error?: RpcError } | null;
    try {
      frame = JSON.parse(line);
    } catch {
      this.send({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } });
      return;
    }
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame))
      this.send({ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid request' } });
    else if (typeof frame.method !== 'string') this.settle(frame.id, frame.result, frame.error);
    else if (frame.id === undefined) this.handlers.notification(frame.method, frame.params ?? {});
    else void this.answer(frame.id, frame.method, frame.params ?? {});
  }

  private settle(id: unknown, result: unknown, error: RpcError | undefined): void {
    const waiting = this.pending.get(id as number);
    this.pending.delete(id as number);
    if (error) waiting?.reject(new RpcError(error.code, error.message, error.data));
    else waiting?.resolve(result);
  }

  private async answer(id: unknown, method: string, params: Params): Promise<void> {
    try {
      const result = await this.handlers.request(method, params);
      this.send({ jsonrpc: '2.0', id, result });
      this.handlers.answered(method, result);
    } catch (thrown) {
      const { code, message, data } =
        thrown instanceof RpcError ? thrown : new RpcError(-32603, (thrown as Error).message);
      this.send({ jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } });
    }
  }
}
