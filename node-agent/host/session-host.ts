/**
 * What one script may ask of the node: processes and terminals in its session's directory, the log, the time. They belong
 * to the node, so they outlive a stopped VM; stop() ends them all.
 */
import { z } from 'zod';
import { MAX_ID_LENGTH } from '../../proto/index.js';
import { Child } from '../child.js';
import type { Clock } from '../clock.js';
import type { Groups } from '../groups.js';
import { LuaError, type LuaVm } from '../lua/index.js';
import { Feed, type StreamEvent } from './feed.js';
import { Pty } from './pty.js';
import { isSignal } from './signals.js';
import { which } from './which.js';

/** Milliseconds that one host.sleep may last. */
const MAX_SLEEP_MS = 24 * 60 * 60 * 1_000;

export interface SessionHostOptions {
  /** Where processes start, unless the script says otherwise. */
  cwd: string;
  groups: Groups;
  clock: Clock;
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void;
  /** A handler of the script failed. */
  onError(error: LuaError): void;
}

const Command = z.object({
  command: z.array(z.string().min(1)).min(1),
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
});
const Terminal = Command.extend({
  cols: z.number().int().min(1).max(1_000).default(120),
  rows: z.number().int().min(1).max(1_000).default(40),
});
const Level = z.enum(['debug', 'info', 'warn', 'error']);
const Text = z.string();
const Handle = z.number().int();
const Event = z.enum(['line', 'data', 'exit']);
const Signal = z.string().max(MAX_ID_LENGTH).refine(isSignal, 'is no signal');

interface Stream {
  target: Child | Pty;
  feed: Feed;
}

export class SessionHost {
  private readonly streams = new Map<number, Stream>();
  private nextHandle = 1;
  private vm: LuaVm | undefined;

  constructor(private readonly options: SessionHostOptions) {}

  /** The VM whose handlers get the events. Before that they wait. */
  attach(vm: LuaVm): void {
    this.vm = vm;
  }

  /** The VM was made anew; what runs goes on, and waits until the script listens again. */
  renewed(): void {
    for (const { feed } of this.streams.values()) feed.forgetHandlers();
  }

  /** Handles of what runs, for a script that was made anew. */
  handles(): { kind: 'process' | 'pty'; handle: number }[] {
    return [...this.streams].map(([handle, { target }]) => ({
      kind: target instanceof Child ? 'process' : 'pty',
      handle,
    }));
  }

  /** Does one thing for the script. Rejects with a reason that becomes the script's error. */
  readonly call = async (name: string, args: unknown[]): Promise<unknown> => {
    const run = Object.hasOwn(this.functions, name) ? this.functions[name] : undefined;
    if (!run) throw new Error(`there is no host.${name}`);
    try {
      return await run(...args);
    } catch (error) {
      throw error instanceof z.ZodError ? new Error(`host.${name}: ${z.prettifyError(error)}`) : error;
    }
  };

  async stop(): Promise<void> {
    await Promise.all([...this.streams.values()].map(({ target }) => target.stop()));
    this.streams.clear();
  }

  private readonly functions: Record<string, (...args: unknown[]) => unknown> = {
    log: (level, text) => this.options.log(Level.parse(level), Text.parse(text)),
    now: () => this.options.clock.now(),
    sleep: (ms) => this.sleep(z.number().min(0).max(MAX_SLEEP_MS).parse(ms)),
    which: (program) => which(Text.parse(program)),
    process: (options) => this.startProcess(Command.parse(options)),
    pty: (options) => this.startPty(Terminal.parse(options)),
    listen: (handle, event) => this.stream(handle).feed.listen(Event.parse(event)),
    write: (handle, text) => this.write(handle, Text.parse(text)),
    signal: (handle, name) => this.stream(handle).target.signal(Signal.parse(name) as NodeJS.Signals),
    resize: (handle, cols, rows) => this.resize(handle, cols, rows),
    close_stdin: (handle) => this.closeStdin(handle),
    stop: (handle) => this.stream(handle).target.stop(),
  };

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve);
    });
  }

  private async startProcess({
    command,
    cwd = this.options.cwd,
    env,
  }: z.infer<typeof Command>): Promise<number> {
    const { groups, clock } = this.options;
    const { handle, feed, attach } = this.newStream();
    const child = new Child({
      command,
      cwd,
      env,
      groups,
      clock,
      onLine: (line) => feed.push('line', line),
      onOversized: () => this.options.log('warn', 'dropped a line that is too large'),
      onExit: ({ code, signal }) => feed.push('exit', { code, signal, stderr: child.stderrTail }),
    });
    child.pause();
    await child.started;
    attach(child);
    return handle;
  }

  private startPty({ command, cwd = this.options.cwd, env, cols, rows }: z.infer<typeof Terminal>): number {
    const { groups, clock } = this.options;
    const { handle, feed, attach } = this.newStream();
    const pty = new Pty({
      command,
      cwd,
      env,
      cols,
      rows,
      groups,
      clock,
      onData: (chunk) => feed.push('data', chunk),
      onLine: (line) => feed.push('line', line),
      onExit: (exit) => feed.push('exit', exit),
    });
    pty.pause();
    attach(pty);
    return handle;
  }

  private newStream() {
    const handle = this.nextHandle++;
    let target: Child | Pty | undefined;
    const feed = new Feed({
      deliver: (event, items) => this.deliver(handle, event, items),
      source: { pause: () => target?.pause(), resume: () => target?.resume() },
    });
    const attach = (started: Child | Pty) => {
      target = started;
      this.streams.set(handle, { target: started, feed });
    };
    return { handle, feed, attach };
  }

  private async deliver(handle: number, event: StreamEvent, items: unknown[]): Promise<'done' | 'again'> {
    try {
      await this.vm?.event(handle, event, items);
      return 'done';
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      if (error.kind === 'restarted') return 'again';
      this.options.onError(error);
      return 'done';
    }
  }

  private stream(handle: unknown): Stream {
    const stream = this.streams.get(Handle.parse(handle));
    if (!stream) throw new Error('this process has ended');
    return stream;
  }

  private write(handle: unknown, text: string): void {
    const { target } = this.stream(handle);
    if (!target.write(text)) throw new Error('the process does not read its input');
  }

  private resize(handle: unknown, cols: unknown, rows: unknown): void {
    const { target } = this.stream(handle);
    if (!(target instanceof Pty)) throw new Error('a process without a terminal has no size');
    target.resize(Terminal.shape.cols.parse(cols), Terminal.shape.rows.parse(rows));
  }

  private closeStdin(handle: unknown): void {
    const { target } = this.stream(handle);
    if (!(target instanceof Child)) throw new Error('a terminal has no end of input; write "\\4" to it');
    target.closeStdin();
  }
}
