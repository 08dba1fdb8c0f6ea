/**
 * What the demo agent remembers of its sessions, so that another process of it can take one up: a small file for each, written before
 * a prompt is worked on. Files that nobody has touched for KEEP_DAYS are removed.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const KEEP_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Prompts that are remembered, and the characters of each. Older ones, and the rest, are forgotten. */
const MAX_PROMPTS = 100;
const MAX_PROMPT_LENGTH = 1_000;

/** A session id of ours: it becomes a file's name. */
const ID = /^[0-9a-f-]{36}$/;

export interface Remembered {
  mode: 'ask' | 'auto';
  used: number;
  prompts: string[];
}

export class Memory {
  constructor(
    private readonly directory = process.env.DEMO_AGENT_STATE ??
      join(homedir(), '.local', 'state', 'praxis-demo'),
  ) {}

  /** What is known of a session; undefined when nothing is. */
  read(id: unknown): Remembered | undefined {
    if (typeof id !== 'string' || !ID.test(id)) return undefined;
    try {
      return JSON.parse(readFileSync(this.file(id), 'utf8')) as Remembered;
    } catch {
      return undefined; // Never prompted, too old, or cut off by a full disk.
    }
  }

  write(id: string, { mode, used, prompts }: Remembered): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const kept = prompts.slice(-MAX_PROMPTS).map((prompt) => prompt.slice(0, MAX_PROMPT_LENGTH));
    writeFileSync(this.file(id), JSON.stringify({ mode, used, prompts: kept }), { mode: 0o600 });
    if (prompts.length === 1) this.prune();
  }

  private file(id: string): string {
    return join(this.directory, `${id}.json`);
  }

  private prune(): void {
    for (const name of readdirSync(this.directory)) {
      const file = join(this.directory, name);
      const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
      if (Date.now() - mtimeMs > KEEP_DAYS * DAY_MS) rmSync(file, { force: true });
    }
  }
}
