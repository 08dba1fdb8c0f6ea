/**
 * A stock ACP client over the stdio of a child process: it sends lines as they are, keeps every line that it got, and waits
 * for conditions, so that a test can look at bytes. It answers the agent's requests with what the test gives it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SchemaCheck } from './acp-schema.js';

/** A frame as a test reads it. */
export interface Seen {
  id?: string | number | null;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown> | null;
  error?: { code: number; message: string; data?: unknown };
}

export interface PeerOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The answer to a request of the agent: a result, an error, or undefined to stay silent. */
  answer?: (request: Seen) => { result: unknown } | { error: unknown } | undefined;
}

export class AcpPeer {
  readonly lines: string[] = [];
  readonly frames: Seen[] = [];
  readonly check = new SchemaCheck();
  readonly child: ChildProcess;
  stderr = '';
  /** The exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  #next = 0;
  readonly #waiting = new Set<() => void>();
  readonly #answers = new Map<string, Seen>();

  constructor(
    command: readonly string[],
    readonly options: PeerOptions = {},
  ) {
    this.child = spawn(command[0]!, command.slice(1), {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) =>
      this.child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
        this.#wake();
      }),
    );
    this.child.stdin!.on('error', () => {});
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.#receive(line));
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #receive(line: string): void {
    this.lines.push(line);
    this.check.add('agent', line);
    const frame = JSON.parse(line) as Seen;
    this.frames.push(frame);
    if (frame.method === undefined) this.#answers.set(JSON.stringify(frame.id), frame);
    if (frame.method !== undefined && frame.id !== undefined) {
      const answer = this.options.answer?.(frame);
      if (answer) this.send({ id: frame.id, ...answer });
    }
    this.#wake();
  }

  /** Writes a line that may be anything. It is not checked against the schema. */
  sendLine(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  send(frame: object): void {
    const line = JSON.stringify({ jsonrpc: '2.0', ...frame });
    this.check.add('client', line);
    this.sendLine(line);
  }

  /** The first value that is not undefined; rejects when the process ended before, or after `timeoutMs`. */
  until<T>(look: () => T | undefined, what: string, timeoutMs = 20_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (end: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        end();
      };
      const again = () => {
        const found = look();
        if (found !== undefined) done(() => resolve(found));
        else if (this.child.exitCode !== null || this.child.signalCode !== null)
          done(() => reject(new Error(`The agent ended while waiting for ${what}\n${this.stderr}`)));
      };
      const timer = setTimeout(
        () =>
          done(() =>
            reject(
              new Error(
                `Waited ${timeoutMs} ms for ${what}; the last lines:\n${this.lines.slice(-5).join('\n')}`,
              ),
            ),
          ),
        timeoutMs,
      );
      this.#waiting.add(again);
      again();
    });
  }

  /** The frame that answers `id`, compared by value and type. */
  answerTo(id: string | number, timeoutMs?: number): Promise<Seen> {
    return this.until(
      () => this.#answers.get(JSON.stringify(id)),
      `the answer to ${JSON.stringify(id)}`,
      timeoutMs,
    );
  }

  /** Sends a request and gives the whole answer, error or not. */
  request(method: string, params: object, id: string | number = this.#next++): Promise<Seen> {
    this.#answers.delete(JSON.stringify(id));
    this.send({ id, method, params });
    return this.answerTo(id);
  }

  notify(method: string, params: object): void {
    this.send({ method, params });
  }

  initialize(): Promise<Seen> {
    return this.request('initialize', {
      protocolVersion: 1,
      clientCapabilities: {},
      clientInfo: { name: 'peer', version: '1' },
    });
  }

  async newSession(cwd: string): Promise<string> {
    const answer = await this.request('session/new', { cwd, mcpServers: [] });
    if (!answer.result) throw new Error(`session/new: ${JSON.stringify(answer.error)}`);
    return answer.result.sessionId as string;
  }

  prompt(sessionId: string, text: string): Promise<Seen> {
    return this.request('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
  }

  /** All text chunks so far, joined. */
  text(): string {
    return this.frames
      .map(
        ({ params }) => params?.update as { sessionUpdate?: string; content?: { text?: string } } | undefined,
      )
      .filter((update) => update?.sessionUpdate === 'agent_message_chunk')
      .map((update) => update!.content?.text ?? '')
      .join('');
  }

  /** Ends its stdin, as an editor does, and waits for the exit. */
  close(): Promise<number | string> {
    this.child.stdin!.end();
    return this.exited;
  }
}
