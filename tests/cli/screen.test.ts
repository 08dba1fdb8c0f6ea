/** Where the screen cannot be drawn. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { screen } from '../../cli/commands/screen.js';

it('says what a terminal lacks that cannot draw, and starts nothing', async () => {
  const home = mkdtempSync(join(tmpdir(), 'pxdumb-'));
  const stream = () => Object.assign(new PassThrough(), { isTTY: true });
  const io = {
    env: { TERM: 'dumb', PRAXIS_HOME: home },
    cwd: '/',
    ...{ stdin: stream(), stdout: stream(), stderr: stream() },
    onInterrupt: () => () => undefined,
    exit: () => {
      throw new Error('left');
    },
  };
  await expect(screen(io, '/no/such/program')).rejects.toThrow(/TERM is "dumb": set TERM/);
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true });
});
