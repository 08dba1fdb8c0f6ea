import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { acp } from '../../cli/commands/acp.js';
import type { Io } from '../../cli/io.js';

/** What is said on stderr and on stdout where stdin ends at once. */
async function started(isTTY: boolean): Promise<[string, string]> {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdin.end();
  expect(await acp({ stdin, stdout, stderr, env: {} } as unknown as Io, {})).toBe(0);
  return [String(stderr.read() ?? ''), String(stdout.read() ?? '')];
}

it('says on a terminal what it is and what it waits for', async () => {
  expect(await started(true)).toEqual([
    'praxis acp is the agent of an editor: it waits here for ACP requests, one JSON object a line. Ctrl+D ends it.\n',
    '',
  ]);
});

it('says nothing to an editor before it is asked', async () => {
  expect(await started(false)).toEqual(['', '']);
});
