/**
 * The agents' programs on this machine and their versions. A program is asked for its version once, and again when its file
 * has changed; never more than a few at a time, so that a starting node leaves the machine to its sessions.
 */
import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.js';
import { type Clock, within } from './clock.js';
import type { Groups } from './groups.js';
import { which } from './host/which.js';

/** Programs that are asked for their version at the same time. */
const MAX_ASKED = 2;

/** Characters of a program's answer that are looked at for a version. */
const MAX_ANSWER = 4_096;

export interface Wanted {
  /** Names, looked up in PATH, and paths, which may begin with `~/`; the first that is there is taken. */
  names: readonly string[];
  /** Arguments that make the program tell its version. */
  version: readonly string[];
  /** Milliseconds that it has for that. Then it is ended, and its version is unknown. */
  ms: number;
}

export interface Program {
  path: string;
  /** The first number with dots in what it told; null when it told none. */
  version: string | null;
}

export class Programs {
  private readonly versions = new Map<string, { stamp: string; version: Promise<string | null> }>();
  private asked = 0;
  private stopped = false;
  private readonly running = new Set<Child>();
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: { groups: Groups; clock: Clock; home?: string }) {}

  /** Undefined when none of the names is an executable file. */
  async find({ names, version, ms }: Wanted): Promise<Program | undefined> {
    const { home = homedir() } = this.options;
    for (const name of names) {
      const path = which(name.startsWith('~/') ? join(home, name.slice(2)) : name);
      if (path) return { path, version: await this.versionOf(path, version, ms) };
    }
    return undefined;
  }

  /** Ends those that are being asked. Resolves when none is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.running].map((child) => child.terminate()));
  }

  private versionOf(path: string, args: readonly string[], ms: number): Promise<string | null> {
    const { mtimeMs, size } = statSync(path);
    const stamp = [realpathSync(path), mtimeMs, size, ...args].join('\0');
    const known = this.versions.get(path);
    if (known?.stamp === stamp) return known.version;
    const version = this.ask([path, ...args], ms);
    this.versions.set(path, { stamp, version });
    return version;
  }

  private async ask(command: readonly string[], ms: number): Promise<string | null> {
    if (this.asked >= MAX_ASKED) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.asked++;
    try {
      return this.stopped ? null : await this.run(command, ms);
    } finally {
      this.asked--;
      this.waiting.shift()?.();
    }
  }

  private async run(command: readonly string[], ms: number): Promise<string | null> {
    const { groups, clock, home = homedir() } = this.options;
    let told = '';
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const child = new Child({
      command,
      cwd: home,
      env: {},
      groups,
      clock,
      onLine: (line) => {
        if (told.length < MAX_ANSWER) told += `${line}\n`;
      },
      onOversized: () => undefined,
      onExit: () => ended(),
    });
    this.running.add(child);
    child.closeStdin();
    await within(clock, ms, end);
    await child.terminate();
    this.running.delete(child);
    return /\d+(?:\.\d+)+/.exec(told)?.[0] ?? null;
  }
}
