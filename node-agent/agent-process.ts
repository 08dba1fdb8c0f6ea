/** What the node needs of an agent that speaks ACP in lines: a child process is one, a connector's script that drives a program is another. */
import type { Exit } from './child.js';
import type { ViewedTerminal } from './terminal-requests.js';

export interface AgentProcess {
  /** Resolves when it runs; rejects with NotStarted. */
  readonly started: Promise<void>;
  /** The end of what it wrote on stderr, for an error message. */
  readonly stderrTail: string;
  /** What it runs on, when that is a terminal. */
  readonly terminal?: ViewedTerminal | undefined;
  /** Takes a line. False when it has not read too much of what came before: the line is not sent. */
  write(line: string): boolean;
  /** Says nothing until resume(). */
  pause(): void;
  resume(): void;
  signal(signal: NodeJS.Signals): void;
  /** A polite end, then a forced one. Resolves when nothing of it is left. */
  stop(): Promise<void>;
  /** Like stop, without waiting for a polite end. */
  terminate(): Promise<void>;
}

export interface AgentEvents {
  onLine(line: string): void;
  onOversized(): void;
  /** Called once, after the last line. Also for an agent that could not be started. */
  onExit(exit: Exit): void;
}

export type StartAgent = (events: AgentEvents) => AgentProcess;
