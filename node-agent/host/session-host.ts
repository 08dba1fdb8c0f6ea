/**
 * What one script may ask of the node: processes and terminals in its session's directory, the files that its connector names, the
 * log, the time. They belong to the node, so they outlive a stopped VM; stop() ends them all.
 */
import { z } from 'zod';
import { MAX_FRAME_BYTES, MAX_ID_LENGTH, problemsOf } from '../../proto/index.js';
import type { Clock } from '../clock.js';
import { agentEnvironment } from '../environment.js';
import type { Groups } from '../groups.js';
import { describeError, LuaError, type LuaVm } from '../lua/index.js';
import { PrivateFiles } from './private-files.js';
import { MAX_PATTERN, Readable, Reads } from './readable.js';
import { isSignal } from './signals.js';
import { type AgentEnd, Command, Follow, Handle, OnTerminal, Streams } from './streams.js';
import { terminalCalls } from './terminal-calls.js';
import { Waits } from './waits.js';
import { which } from './which.js';

/** Milliseconds that one host.sleep may last. */
const MAX_SLEEP_MS = 24 * 60 * 60 * 1_000;

/** Files that one host.files gives at most. */
const MAX_FOUND = 100;

export interface SessionHostOptions {
  /** Where processes start, unless the script says otherwise. */
  cwd: string;
  /** The folder below which the session's private files lie. */
  privateFolder: string;
  groups: Groups;
  clock: Clock;
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void;
  /** A handler of the script failed. */
  onError(error: LuaError): void;
  /** What the node adds, the same for all its scripts. */
  calls?: Readonly<Record<string, (argument: unknown) => unknown>>;
}

/** What a session adds to the host: functions that the script may call and wait for, and things that it may just say. */
export interface SessionFace {
  calls: Readonly<Record<string, (...args: unknown[]) => unknown>>;
  tells: Readonly<Record<string, (...args: unknown[]) => void>>;
  onAgentEnd(end: AgentEnd): void;
}

const Find = z.strictObject({
  pattern: z.string().min(1).max(MAX_PATTERN),
  since: z.number().default(0),
  limit: z.number().int().min(1).max(MAX_FOUND).default(20),
});
const PrivateFile = z.strictObject({
  name: z
    .string()
    .regex(/^[\w-][\w.-]*$/, 'is no plain file name')
    .max(MAX_ID_LENGTH),
  text: z.string().max(MAX_FRAME_BYTES),
});
const Level = z.enum(['debug', 'info', 'warn', 'error']);
const Text = z.string();
const Event = z.enum(['line', 'data', 'status', 'title', 'exit']);
const Duration = z.number().min(0).max(MAX_SLEEP_MS);
const Signal = z.string().max(MAX_ID_LENGTH).refine(isSignal, 'is no signal');

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export class SessionHost {
  /** What the script has started. */
  readonly streams: Streams;
  private vm: LuaVm | undefined;
  private face: SessionFace | undefined;
  private readonly waits = new Waits();
  /** Until resume(). */
  private held: Promise<void> | undefined;
  private letGo: (() => void) | undefined;
  private readonly privateFiles: PrivateFiles;

  constructor(private readonly options: SessionHostOptions) {
    this.privateFiles = new PrivateFiles(options.privateFolder);
    this.streams = new Streams({
      ...options,
      onAgentEnd: (end) => {
        this.waits.wakeAll();
        this.face?.onAgentEnd(end);
      },
    });
  }

  /** The VM in which the script runs. */
  attach(vm: LuaVm): void {
    this.vm = vm;
    this.streams.attach(vm);
  }

  /** Hands nothing more over to the script, and does nothing more for it, until resume(): one that speaks by itself waits too. */
  pause(): void {
    this.streams.pause();
    this.held ??= new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  resume(): void {
    this.streams.resume();
    this.held = undefined;
    this.letGo?.();
  }

  /** The session whose script this is. */
  extend(face: SessionFace): void {
    this.face = face;
  }

  /** The VM is gone. */
  renewed(): void {
    this.streams.renewed();
    this.waits.wakeAll();
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** Does one thing for the script. Rejects with a reason that becomes the script's error. */
  readonly call = async (name: string, args: unknown[]): Promise<unknown> => {
    const { calls = {} } = this.options;
    const run = own(this.functions, name) ?? own(calls, name) ?? (this.face && own(this.face.calls, name));
    if (!run) throw new Error(`there is no ${name} here`);
    if (this.held) await this.held;
    try {
      return await run(...(args as [unknown]));
    } catch (error) {
      throw error instanceof z.ZodError ? new Error(`${name}: ${problemsOf(error)}`) : error;
    }
  };

  /** Takes what the script says without waiting. */
  readonly tell = (name: string, args: unknown[]): void => {
    const run = own(this.tells, name) ?? (this.face && own(this.face.tells, name));
    try {
      run?.(...args);
    } catch (error) {
      const message = error instanceof z.ZodError ? problemsOf(error) : (error as Error).message;
      this.failed(`${name}: ${message}`);
    }
  };

  /** Ends what runs; politely: by the end of its input first. */
  async stop(politely = true): Promise<void> {
    this.resume();
    const stopped = this.streams.stop(politely);
    this.waits.wakeAll();
    await stopped;
    this.privateFiles.remove();
  }

  private readonly tells: Record<string, (...args: unknown[]) => void> = {
    wake: (id) => this.waits.wake(Handle.parse(id)),
    take: (handle, bytes) => this.streams.take(handle, Handle.parse(bytes)),
    handled: (handle) => this.streams.handled(handle),
    failed: (message) => this.failed(Text.parse(message)),
    task: (id) => {
      this.vm?.task(Handle.parse(id)).catch((error: LuaError) => {
        if (error.kind === 'runtime' || error.kind === 'memory') this.options.onError(error);
      });
    },
  };

  private failed(message: string): void {
    this.options.onError(new LuaError(describeError('runtime', message)));
  }

  private readonly functions: Record<string, (...args: unknown[]) => unknown> = {
    log: (level, text) => this.options.log(Level.parse(level), Text.parse(text)),
    now: () => this.options.clock.now(),
    sleep: (ms) => this.sleep(Duration.parse(ms)),
    wait: (id, ms) => this.waits.wait(Handle.parse(id), this.options.clock, Duration.optional().parse(ms)),
    which: (program) => which(Text.parse(program)),
    env: (name) => agentEnvironment(process.env, {}, '')[Text.parse(name)],
    uid: () => process.getuid?.(),
    private_file: (options) => {
      const { name, text } = PrivateFile.parse(options);
      this.streams.requireGoingOn();
      return this.privateFiles.write(name, text);
    },
    process: (options) => this.streams.startProcess(Command.parse(options)),
    pty: (options) => this.streams.startTerminal(OnTerminal.parse(options)),
    tail: (options) =>
      this.streams.follow(Follow.parse(options), (path) =>
        this.privateFiles.has(path) ? path : this.readable.path(path),
      ),
    files: (options) => {
      const { pattern, since, limit } = Find.parse(options);
      return this.readable.find(pattern, since, limit);
    },
    listen: (handle, event) => this.streams.listen(handle, Event.parse(event)),
    write: (handle, text) => this.streams.write(handle, Text.parse(text)),
    signal: (handle, name) => this.streams.program(handle).signal(Signal.parse(name) as NodeJS.Signals),
    close_stdin: (handle) => this.streams.closeStdin(handle),
    stop: (handle) => this.streams.stopOne(Handle.parse(handle)),
    ...terminalCalls(
      (handle) => this.streams.terminal(handle),
      () => this.clock.now(),
    ),
  };

  /** What the connector's `reads` allow. Throws when they are no patterns. */
  private get readable(): Readable {
    return new Readable(Reads.parse(this.vm?.fields.reads));
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve);
    });
  }
}
