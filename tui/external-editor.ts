/** A draft in the person's own editor. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The command that the person chose; it may hold arguments, as for git. */
const editorCommand = (env: NodeJS.ProcessEnv): string => env.VISUAL || env.EDITOR || 'vi';

/**
 * Lets the person edit `text` and resolves with what was saved: exactly that, but for the line feed that editors put at the end of a
 * file. The terminal must be free meanwhile. Rejects when the editor cannot be started or fails; the file is gone afterwards.
 */
export async function editExternally(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'praxis-'));
  const file = join(folder, 'prompt.md');
  const command = editorCommand(env);
  try {
    writeFileSync(file, text, { mode: 0o600 });
    const code = await new Promise<number | string>((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', `${command} "$1"`, 'sh', file], { stdio: 'inherit', env });
      child.once('error', reject);
      child.once('exit', (status, signal) => resolve(status ?? signal ?? 1));
    });
    if (code !== 0) throw new Error(`${command} ended with ${code}`);
    const saved = readFileSync(file, 'utf8');
    return saved.endsWith('\n') && !text.endsWith('\n') ? saved.slice(0, -1) : saved;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
