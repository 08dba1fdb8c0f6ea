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

/** Milliseconds after which a program that did not tell its version, on a busy machine perhaps, is asked again. */
const UNKNOWN_HOLDS_MS = 120_000;

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
  /** The first number with dots in what it told; absent when it told none. */
  version?: string;
}

/** A program's answer, or the question that is under way; of this state of its file. */
interface Asked {
  stamp: string;
  version: Promise<string | undefined>;
  /** Milliseconds since 1970 after which it is asked again. */
  holdsUntil: number;
}

export class Programs {
  private readonly versions = new Map<string, Asked>();
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
      if (!path) continue;
      const told = await this.versionOf(path, version, ms);
      return told === undefined ? { path } : { path, version: told };
    }
    return undefined;
  }

  /** Ends those that are being asked. Resolves when none is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.running].map((child) => child.terminate()));
  }

  private versionOf(path: string, args: readonly string[], ms: number): Promise<string | undefined> {
    const { mtimeMs, size } = statSync(path);
    const stamp = [realpathSync(path), mtimeMs, size, ...args].join('\0');
    const known = this.versions.get(path);
    if (known?.stamp === stamp && this.options.clock.now() < known.holdsUntil) return known.version;
    const version = this.ask([path, ...args], ms);
    const entry: Asked = { stamp, version, holdsUntil: Number.POSITIVE_INFINITY };
    this.versions.set(path, entry);
    void version.then((told) => {
      if (told === undefined) entry.holdsUntil = this.options.clock.now() + UNKNOWN_HOLDS_MS;
    });
    return version;
  }

  private async ask(command: readonly string[], ms: number): Promise<string | undefined> {
    if (this.asked >= MAX_ASKED) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.asked++;
    try {
      return this.stopped ? undefined : await this.run(command, ms);
    } finally {
      this.asked--;
      this.waiting.shift()?.();
    }
  }

  private async run(command: readonly string[], ms: number): Promise<string | undefined> {
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
    return /\d+(?:\.\d+)+/.exec(told)?.[0];
  }
}
