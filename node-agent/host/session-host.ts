/**
 * What one script may ask of the node: processes and terminals in its session's directory, the files that its connector names, the
 * log, the time. They belong to the node, so they outlive a stopped VM; stop() ends them all.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { MAX_FRAME_BYTES, MAX_ID_LENGTH, problemsOf } from '../../proto/index.js';
import { Child, type Exit } from '../child.js';
import type { Clock } from '../clock.js';
import { agentEnvironment } from '../environment.js';
import type { Groups } from '../groups.js';
import { describeError, LuaError, type LuaVm } from '../lua/index.js';
import { Feed, type StreamEvent } from './feed.js';
import { PrivateFiles } from './private-files.js';
import { MAX_PATH, MAX_PATTERN, Readable, Reads } from './readable.js';
import { isSignal } from './signals.js';
import { Tail } from './tail.js';
import { Terminal } from './terminal.js';
import { TerminalFields, terminalCalls } from './terminal-calls.js';
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

/** The end of the program that is the session's agent. */
export interface AgentEnd {
  exit: Exit;
  /** The end of what it wrote on stderr. */
  stderr: string;
  /** Resolves when the script has handled all that it wants of the agent's last words. */
  heard: Promise<void>;
}

/** What a session adds to the host: functions that the script may call and wait for, and things that it may just say. */
export interface SessionFace {
  calls: Readonly<Record<string, (...args: unknown[]) => unknown>>;
  tells: Readonly<Record<string, (...args: unknown[]) => void>>;
  onAgentEnd(end: AgentEnd): void;
}

const Command = z.object({
  command: z.array(z.string().min(1)).min(1),
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  agent: z.boolean().default(false),
});
const OnTerminal = Command.extend(TerminalFields);
const Follow = z.strictObject({
  path: z.string().min(1).max(MAX_PATH),
  from: z.enum(['start', 'end']).default('start'),
});
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
const Handle = z.number().int();
const Event = z.enum(['line', 'data', 'status', 'title', 'exit']);
const Duration = z.number().min(0).max(MAX_SLEEP_MS);
const Signal = z.string().max(MAX_ID_LENGTH).refine(isSignal, 'is no signal');

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const notStarted = (program: string, { code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT'
    ? `the program ${program} is not installed`
    : code === 'EACCES'
      ? `the program ${program} may not be executed`
      : message;

/** node-pty starts anything, and its child then fails on the terminal. */
function requireProgram(program: string, cwd: string, path: string | undefined): void {
  if (!which(program.includes('/') ? resolve(cwd, program) : program, path))
    throw new Error(`the program ${program} is not installed, or may not be executed`);
}

type Target = Child | Terminal | Tail;

interface Stream {
  target: Target;
  feed: Feed;
  ended: boolean;
}

const kindOf = (target: Target) =>
  target instanceof Child ? 'process' : target instanceof Terminal ? 'pty' : 'tail';

export class SessionHost {
  private readonly streams = new Map<number, Stream>();
  private nextHandle = 1;
  private vm: LuaVm | undefined;
  private face: SessionFace | undefined;
  private agent: Stream | undefined;
  private held = false;
  /** Nothing may be started any more: nobody would end it. */
  private stopped = false;
  private readonly waits = new Waits();
  private readonly privateFiles: PrivateFiles;

  constructor(private readonly options: SessionHostOptions) {
    this.privateFiles = new PrivateFiles(options.privateFolder);
  }

  /** The VM whose handlers get the events. Before that they wait. */
  attach(vm: LuaVm): void {
    this.vm = vm;
  }

  /** The session whose script this is. */
  extend(face: SessionFace): void {
    this.face = face;
  }

  /** The VM is gone; what runs goes on, and waits until a new one listens again. */
  renewed(): void {
    for (const { feed, target } of this.streams.values()) {
      feed.forgetHandlers();
      if (target instanceof Terminal) target.forgetWaits();
    }
    this.waits.wakeAll();
  }

  /** Hands nothing more over to the script until resume(). */
  pause(): void {
    this.held = true;
    for (const { feed } of this.streams.values()) feed.hold();
  }

  resume(): void {
    this.held = false;
    for (const { feed } of this.streams.values()) feed.release();
  }

  /** Sends a signal to everything that runs. */
  signal(signal: NodeJS.Signals): void {
    for (const { target } of this.streams.values()) if (!(target instanceof Tail)) target.signal(signal);
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** The end of what the agent wrote on stderr, or showed on its terminal. */
  get agentStderr(): string {
    const target = this.agent?.target;
    if (target instanceof Terminal) return target.lastWords;
    return target instanceof Child ? target.stderrTail : '';
  }

  /** The terminal that its agent runs on, if it does. */
  get agentTerminal(): Terminal | undefined {
    return this.agent?.target instanceof Terminal ? this.agent.target : undefined;
  }

  /** Handles of what runs, for a script that was made anew. What has ended is left out. */
  handles(): { kind: 'process' | 'pty' | 'tail'; handle: number }[] {
    const running = [...this.streams].filter(([, { ended }]) => !ended);
    return running.map(([handle, { target }]) => ({ kind: kindOf(target), handle }));
  }

  /** Does one thing for the script. Rejects with a reason that becomes the script's error. */
  readonly call = async (name: string, args: unknown[]): Promise<unknown> => {
    const { calls = {} } = this.options;
    const run = own(this.functions, name) ?? own(calls, name) ?? (this.face && own(this.face.calls, name));
    if (!run) throw new Error(`there is no ${name} here`);
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
    this.stopped = true;
    this.resume();
    this.waits.wakeAll();
    await Promise.all(
      [...this.streams.values()].map(({ target }) =>
        target instanceof Child && !politely ? target.terminate() : target.stop(),
      ),
    );
    this.streams.clear();
    this.privateFiles.remove();
  }

  private readonly tells: Record<string, (...args: unknown[]) => void> = {
    wake: (id) => this.waits.wake(Handle.parse(id)),
    take: (handle, bytes) => {
      const target = this.streams.get(Handle.parse(handle))?.target;
      if (target instanceof Terminal) target.take(Handle.parse(bytes));
    },
    handled: (handle) => this.streams.get(Handle.parse(handle))?.feed.handled(),
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
      this.requireGoingOn();
      return this.privateFiles.write(name, text);
    },
    process: (options) => this.startProcess(Command.parse(options)),
    pty: (options) => this.startTerminal(OnTerminal.parse(options)),
    tail: (options) => this.follow(Follow.parse(options)),
    files: (options) => {
      const { pattern, since, limit } = Find.parse(options);
      return this.readable.find(pattern, since, limit);
    },
    listen: (handle, event) => this.listen(this.stream(handle), Event.parse(event)),
    write: (handle, text) => this.write(handle, Text.parse(text)),
    signal: (handle, name) => this.program(handle).signal(Signal.parse(name) as NodeJS.Signals),
    close_stdin: (handle) => this.closeStdin(handle),
    stop: (handle) => this.stopOne(Handle.parse(handle)),
    ...terminalCalls(
      (handle) => this.terminal(handle),
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

  private async startProcess({
    command,
    cwd = this.options.cwd,
    env,
    agent,
  }: z.infer<typeof Command>): Promise<number> {
    const { groups, clock } = this.options;
    const { handle, feed, attach, end } = this.newStream(agent);
    const child = new Child({
      command,
      cwd,
      env,
      groups,
      clock,
      onLine: (line) => feed.push('line', line),
      onOversized: () => this.options.log('warn', 'dropped a line that is too large'),
      onExit: ({ code, signal }) => {
        end();
        feed.push('exit', { code, signal, stderr: child.stderrTail });
        // One that could not be started was no agent yet: the script gets the reason.
        if (agent && child.pid !== undefined) this.agentEnded({ code, signal }, child.stderrTail, feed);
      },
    });
    child.pause();
    attach(child);
    await child.started.catch((error: NodeJS.ErrnoException) => {
      this.streams.delete(handle);
      throw new Error(notStarted(command[0]!, error));
    });
    return handle;
  }

  private startTerminal({ agent, cwd = this.options.cwd, ...options }: z.infer<typeof OnTerminal>): number {
    const { groups, clock } = this.options;
    requireProgram(options.command[0]!, cwd, options.env.PATH ?? process.env.PATH);
    const { handle, feed, attach, end } = this.newStream(agent);
    const terminal: Terminal = new Terminal({
      ...options,
      cwd,
      groups,
      clock,
      wants: (event) => feed.knows(event),
      onEvent: (event, item) => feed.push(event, item),
      onExit: (exit) => {
        end();
        feed.push('exit', exit);
        if (agent) this.agentEnded(exit, terminal.lastWords, feed);
      },
    });
    terminal.pause();
    attach(terminal);
    return handle;
  }

  private async follow({ path, from }: z.infer<typeof Follow>): Promise<number> {
    const { clock, log } = this.options;
    const { handle, feed, attach } = this.newStream(false);
    const tail = new Tail({
      path: this.privateFiles.has(path) ? path : this.readable.path(path),
      from,
      clock,
      onLine: (line) => feed.push('line', line),
      onOversized: () => log('warn', `left out a line of ${path} that is too large`),
      onProblem: (reason) => log('warn', `${path} cannot be read: ${reason}`),
    });
    attach(tail);
    await tail.begun;
    return handle;
  }

  /** Nothing that the script waits for will come any more. */
  private agentEnded(exit: Exit, stderr: string, feed: Feed): void {
    this.waits.wakeAll();
    this.face?.onAgentEnd({ exit, stderr, heard: feed.settled() });
  }

  private requireGoingOn(): void {
    if (this.stopped) throw new Error('the session is over');
  }

  private newStream(agent: boolean) {
    this.requireGoingOn();
    const handle = this.nextHandle++;
    let target: Target | undefined;
    let ended = false;
    const end = () => {
      ended = true;
      const stream = this.streams.get(handle);
      if (stream) stream.ended = true;
    };
    const feed = new Feed({
      deliver: (event, items) => this.deliver(handle, event, items),
      source: { pause: () => target?.pause(), resume: () => target?.resume() },
    });
    const attach = (started: Target) => {
      target = started;
      const stream: Stream = { target: started, feed, ended };
      this.streams.set(handle, stream);
      if (agent) this.agent = stream;
      if (this.held) feed.hold();
    };
    return { handle, feed, attach, end };
  }

  private async deliver(
    handle: number,
    event: StreamEvent,
    items: unknown[],
  ): Promise<'done' | 'again' | 'spoilt'> {
    try {
      await this.vm?.event(handle, event, items);
      return 'done';
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      if (error.kind === 'restarted') return 'again';
      if (error.kind !== 'closed') this.options.onError(error);
      return error.kind === 'timeout' ? 'spoilt' : 'done';
    }
  }

  private stream(handle: unknown): Stream {
    const stream = this.streams.get(Handle.parse(handle));
    if (!stream) throw new Error('this process has ended');
    return stream;
  }

  private program(handle: unknown): Child | Terminal {
    const { target } = this.stream(handle);
    if (target instanceof Tail) throw new Error('a file is no program');
    return target;
  }

  /** A terminal that its script looks at or waits for: its output flows. */
  private terminal(handle: unknown): Terminal {
    const { target, feed } = this.stream(handle);
    if (!(target instanceof Terminal)) throw new Error('only a program of host.pty has a terminal');
    feed.flow();
    return target;
  }

  /** Of a state, the present one is told at once. */
  private listen({ feed, target }: Stream, event: StreamEvent): void {
    feed.listen(event);
    if (!(target instanceof Terminal) || event === 'exit') return;
    feed.flow();
    const present = event === 'status' ? target.status : event === 'title' ? target.title : undefined;
    if (present !== undefined && !feed.has(event)) feed.push(event, present);
  }

  private write(handle: unknown, text: string): Promise<void> | void {
    const target = this.program(handle);
    if (target instanceof Terminal) return target.write(text);
    if (!target.write(text)) throw new Error('the process does not read its input');
  }

  private closeStdin(handle: unknown): void {
    const target = this.program(handle);
    if (target instanceof Terminal) throw new Error('a terminal has no end of input; write "\\4" to it');
    target.closeStdin();
  }

  /** The stream is over, and forgotten when its script has heard its end. */
  private async stopOne(handle: number): Promise<void> {
    const stream = this.stream(handle);
    await stream.target.stop();
    stream.ended = true;
    void stream.feed.settled().then(() => this.streams.delete(handle));
  }
}
