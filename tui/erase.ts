/**
 * What the Backspace key of this terminal sends. Ctrl+H and the Backspace of older terminals are the same byte (0x08); the terminal's
 * settings (POSIX termios, VERASE) tell which of the two it is.
 */
import { spawn } from 'node:child_process';

/** Whether 0x08 is Ctrl+H, by what `stty -a` says: then Backspace sends something else. */
export const isControlH = (stty: string): boolean => /\berase = \^\?;/.test(stty);

/** Asks stty of the terminal behind the file descriptor `fd`; false where it cannot be asked. */
export function controlHIsFree(fd: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('stty', ['-a'], { stdio: [fd, 'pipe', 'ignore'] });
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
    });
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(isControlH(said)));
  });
}
