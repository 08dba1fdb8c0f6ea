/**
 * The hop to one agent: JSON-RPC lines over its stdin and stdout. Our requests are numbered 1, 2, 3 ... on this hop; each
 * gets exactly one answer, an AgentLost of ours if the agent ends first.
 */
import {
  ErrorCode,
  type ErrorObject,
  type Frame,
  type Notification,
  notificationLine,
  PraxisError,
  parseFrame,
  type Request,
  type Response,
  replaceMember,
  requestLine,
  tellingLine,
} from '../proto/index.js';
import type { AgentProcess, StartAgent } from './agent-process.js';
import type { Exit } from './child.js';

export interface AgentExit extends Exit {
  /** A sentence for a person, with the end of what the agent wrote on stderr. */
  detail: string;
  stderr: string;
}

/** What an agent said that is no frame; each kind is told once per agent. */
export type Rubbish = 'not JSON' | 'no ACP frame' | 'too large';

export interface AgentLinkOptions {
  start: StartAgent;
  onRequest(request: Request): void;
  onNotification(notification: Notification): void;
  onRubbish(kind: Rubbish): void;
  /** Called once, after every open request has been answered. */
  onExit(exit: AgentExit): void;
}

/** The agent's answer as it came (its `line` has the id of this hop), or the error that stands in for it. */
export type Reply = { response: Response } | { lost: ErrorObject };

export class AgentLink {
  readonly child: AgentProcess;
  private nextId = 1;
  private readonly open = new Map<number, { hopId: unknown; reply: (reply: Reply) => void }>();
  private readonly seenRubbish = new Set<Rubbish>();
  private exit: AgentExit | undefined;

  constructor(private readonly options: AgentLinkOptions) {
    this.child = options.start({
      onLine: (line) => this.receive(line),
      onOversized: () => this.rubbish('too large'),
      onExit: (exit) => this.ended(exit),
    });
  }

  /** A request of our own. Rejects with the agent's error as it is, or AgentLost. */
  call(method: string, params: unknown): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      this.forward(requestLine(0, method, params), undefined, (reply) => {
        const error = 'lost' in reply ? reply.lost : reply.response.error;
        if (error) reject(new PraxisError(error.code, error.message, error.data));
        else if ('response' in reply) resolve((reply.response.result ?? {}) as Record<string, unknown>);
      });
    });
  }

  /** Sends a request of somebody else: the line with its id replaced by one of this hop. `reply` is called once. */
  forward(line: string, hopId: unknown, reply: (reply: Reply) => void): void {
    if (this.exit) {
      reply({ lost: lostError(this.exit) });
      return;
    }
    const id = this.nextId++;
    this.open.set(id, { hopId, reply });
    if (this.child.write(replaceMember(line, ['id'], String(id)))) return;
    this.open.delete(id);
    reply({ lost: { code: ErrorCode.AgentLost, message: 'The agent does not read its input' } });
  }

  notify(method: string, params: unknown): void {
    this.send(notificationLine(method, params));
  }

  /** Sends a line as it is: a notification, or an answer to a request of the agent. */
  send(line: string): void {
    this.child.write(line);
  }

  /** Stops reading what the agent says; it waits in its pipe. */
  pause(): void {
    this.child.pause();
  }

  resume(): void {
    this.child.resume();
  }

  /** The number on this hop of a request that is still open, for `$/cancel_request`. */
  numberOf(hopId: unknown): number | undefined {
    for (const [id, entry] of this.open) if (entry.hopId === hopId) return id;
    return undefined;
  }

  private receive(line: string): void {
    let frame: Frame;
    try {
      frame = parseFrame(line);
    } catch (error) {
      const { code } = PraxisError.from(error);
      this.rubbish(
        code === ErrorCode.ParseError
          ? 'not JSON'
          : code === ErrorCode.FrameTooLarge
            ? 'too large'
            : 'no ACP frame',
      );
      return;
    }
    if (frame.kind === 'notification') this.options.onNotification(frame);
    else if (frame.kind === 'request') this.options.onRequest(frame);
    else this.answered(frame);
  }

  /** An answer to nothing that is open comes too late or was never asked for: it is dropped. */
  private answered(response: Response): void {
    if (typeof response.id !== 'number') return;
    const entry = this.open.get(response.id);
    if (!entry) return;
    this.open.delete(response.id);
    entry.reply({ response });
  }

  private rubbish(kind: Rubbish): void {
    if (this.seenRubbish.has(kind)) return;
    this.seenRubbish.add(kind);
    this.options.onRubbish(kind);
  }

  private ended(exit: Exit): void {
    const stderr = this.child.stderrTail;
    this.exit = { ...exit, stderr, detail: describeExit(exit, stderr) };
    const open = [...this.open.values()];
    this.open.clear();
    for (const { reply } of open) reply({ lost: lostError(this.exit) });
    this.options.onExit(this.exit);
  }
}

/** How an agent ended, as a sentence for a person. */
export function describeExit({ code, signal }: Exit, stderr: string): string {
  const how = signal
    ? `was ended by ${signal}`
    : code === null
      ? 'did not start'
      : `ended with exit code ${code}`;
  const why = tellingLine(stderr);
  return `The agent ${how}${why === undefined ? '' : `: ${why}`}`;
}

const lostError = (exit: AgentExit): ErrorObject => ({
  code: ErrorCode.AgentLost,
  message: exit.detail,
  data: { exitCode: exit.code, signal: exit.signal, stderr: exit.stderr },
});
