/**
 * Files of one session that hold secrets, such as the settings of its MCP servers: mode 0600, in a folder of the session's own (0700)
 * below `$PRAXIS_HOME/run/private`, removed with the session. What a killed node left is removed when the next one starts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../proto/index.js';

export class PrivateFiles {
  private folder: string | undefined;
  private readonly files = new Set<string>();

  /** `parent` is made when it is needed. */
  constructor(private readonly parent: string) {}

  /** Writes a file, over an earlier one of that name. Returns its path. */
  write(name: string, text: string): string {
    this.folder ??= this.newFolder();
    const file = join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    this.files.add(file);
    return file;
  }

  /** Whether the path is one that write() has returned. */
  has(path: string): boolean {
    return this.files.has(path);
  }

  remove(): void {
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }

  private newFolder(): string {
    makeDirectory(this.parent);
    return mkdtempSync(join(this.parent, 'session-'));
  }
}
