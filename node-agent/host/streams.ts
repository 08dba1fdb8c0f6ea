/**
 * What a script has started: programs with pipes, programs on terminals, files that it follows, each by its handle. They belong to the
 * node and outlive a stopped VM: what comes waits until a new one listens.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { LUA_STREAMS } from '../../proto/index.js';
import { Child, type Exit } from '../child.js';
import type { Clock } from '../clock.js';
import type { Groups } from '../groups.js';
import { LuaError, type LuaVm } from '../lua/index.js';
import { type NotStarted, requireDirectory } from '../not-started.js';
import { Feed, type StreamEvent } from './feed.js';
import { MAX_PATH } from './readable.js';
import { Tail } from './tail.js';
import { Terminal } from './terminal.js';
import { TerminalFields } from './terminal-calls.js';
import { which } from './which.js';

export interface StreamsOptions {
  /** Where programs start, unless the script says otherwise. */
  cwd: string;
  groups: Groups;
  clock: Clock;
  log(level: 'warn', text: string): void;
  /** A handler of the script failed. */
  onError(error: LuaError): void;
  /** The program has ended that is the session's agent: nothing that the script waits for will come any more. */
  onAgentEnd(end: AgentEnd): void;
}

/** The end of the program that is the session's agent. */
export interface AgentEnd {
  exit: Exit;
  /** The end of what it wrote on stderr. */
  stderr: string;
  /** Resolves when the script has handled all that it wants of the agent's last words. */
  heard: Promise<void>;
}

export const Command = z.object({
  command: z.array(z.string().min(1)).min(1),
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  agent: z.boolean().default(false),
});
export const OnTerminal = Command.extend(TerminalFields);
export const Follow = z.strictObject({
  path: z.string().min(1).max(MAX_PATH),
  from: z.enum(['start', 'end']).default('start'),
});
export const Handle = z.number().int();

/** node-pty starts anything, and its child then fails on the terminal. */
function requireProgram(program: string, cwd: string, path: string | undefined): void {
  requireDirectory(cwd);
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

export class Streams {
  private readonly streams = new Map<number, Stream>();
  private nextHandle = 1;
  private vm: LuaVm | undefined;
  private agent: Stream | undefined;
  private held = false;
  /** Nothing may be started any more: nobody would end it. */
  private stopped = false;

  constructor(private readonly options: StreamsOptions) {}

  /** The VM whose handlers get the events. Before that they wait. */
  attach(vm: LuaVm): void {
    this.vm = vm;
  }

  /** The VM is gone; what runs goes on, and waits until a new one listens again. */
  renewed(): void {
    for (const { feed, target } of this.streams.values()) {
      feed.forgetHandlers();
      if (target instanceof Terminal) target.forgetWaits();
    }
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

  /** Ends what runs; politely: by the end of its input first. */
  async stop(politely: boolean): Promise<void> {
    this.stopped = true;
    this.resume();
    await Promise.all(
      [...this.streams.values()].map(({ target }) =>
        target instanceof Child && !politely ? target.terminate() : target.stop(),
      ),
    );
    this.streams.clear();
  }

  async startProcess({
    command,
    cwd = this.options.cwd,
    env,
    agent,
  }: z.infer<typeof Command>): Promise<number> {
    const { groups, clock, onAgentEnd } = this.options;
    requireDirectory(cwd);
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
        if (agent && child.pid !== undefined)
          onAgentEnd({ exit: { code, signal }, stderr: child.stderrTail, heard: feed.settled() });
      },
    });
    child.pause();
    attach(child);
    await child.started.catch((error: NotStarted) => {
      this.streams.delete(handle);
      throw error;
    });
    return handle;
  }

  startTerminal({ agent, cwd = this.options.cwd, ...options }: z.infer<typeof OnTerminal>): number {
    const { groups, clock, onAgentEnd } = this.options;
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
        if (agent) onAgentEnd({ exit, stderr: terminal.lastWords, heard: feed.settled() });
      },
    });
    terminal.pause();
    attach(terminal);
    return handle;
  }

  /** Follows a file. `may` gives its full path, or throws when it may not be read. */
  async follow({ path, from }: z.infer<typeof Follow>, may: (path: string) => string): Promise<number> {
    const { clock, log } = this.options;
    const { handle, feed, attach } = this.newStream(false);
    const tail = new Tail({
      path: may(path),
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

  program(handle: unknown): Child | Terminal {
    const { target } = this.stream(handle);
    if (target instanceof Tail) throw new Error('a file is no program');
    return target;
  }

  /** A terminal that its script looks at or waits for: its output flows. */
  terminal(handle: unknown): Terminal {
    const { target, feed } = this.stream(handle);
    if (!(target instanceof Terminal)) throw new Error('only a program of host.pty has a terminal');
    feed.flow();
    return target;
  }

  /** Of a state, the present one is told at once. */
  listen(handle: unknown, event: StreamEvent): void {
    const { feed, target } = this.stream(handle);
    feed.listen(event);
    if (!(target instanceof Terminal) || event === 'exit') return;
    feed.flow();
    const present = event === 'status' ? target.status : event === 'title' ? target.title : undefined;
    if (present !== undefined && !feed.has(event)) feed.push(event, present);
  }

  write(handle: unknown, text: string): Promise<void> | void {
    const target = this.program(handle);
    if (target instanceof Terminal) return target.write(text);
    if (!target.write(text)) throw new Error('the process does not read its input');
  }

  closeStdin(handle: unknown): void {
    const target = this.program(handle);
    if (target instanceof Terminal) throw new Error('a terminal has no end of input; write "\\4" to it');
    target.closeStdin();
  }

  /** The stream is over, and forgotten when its script has heard its end. */
  async stopOne(handle: number): Promise<void> {
    const stream = this.stream(handle);
    await stream.target.stop();
    stream.ended = true;
    void stream.feed.settled().then(() => this.streams.delete(handle));
  }

  /** The script has taken so many bytes of a terminal's text. */
  take(handle: unknown, bytes: number): void {
    const target = this.streams.get(Handle.parse(handle))?.target;
    if (target instanceof Terminal) target.take(bytes);
  }

  /** The script has handled one more item. */
  handled(handle: unknown): void {
    this.streams.get(Handle.parse(handle))?.feed.handled();
  }

  /** Throws when the session is over. */
  requireGoingOn(): void {
    if (this.stopped) throw new Error('the session is over');
  }

  private stream(handle: unknown): Stream {
    const stream = this.streams.get(Handle.parse(handle));
    if (!stream) throw new Error('this process has ended');
    return stream;
  }

  /** Forgets the first one that has ended, where there are too many; throws when none has. */
  private makeRoom(): void {
    if (this.streams.size < LUA_STREAMS) return;
    const over = [...this.streams].find(([, { ended }]) => ended);
    if (!over)
      throw new Error(`${LUA_STREAMS} programs and files are open already; stop() ends what is not needed`);
    this.streams.delete(over[0]);
  }

  private newStream(agent: boolean) {
    this.requireGoingOn();
    this.makeRoom();
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
}
