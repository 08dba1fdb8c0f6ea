/** The life of sessions on the command line: their queue, their questions, their end, and what is kept of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenTurn, SessionInfo } from '../../proto/index.js';
import { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';

const LONG = '/stream 10000 8 5';

describe('sessions on the command line', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
  });
  afterAll(() => system.stop());

  const start = async (...options: string[]) =>
    (await system.run(['session', 'start', 'demo', ...options])).stdout.trim();
  const asJson = async <T>(...args: string[]) =>
    JSON.parse((await system.run([...args, '--json'])).stdout) as T;
  const untilState = (id: string, state: string) =>
    waitUntil(async () => (await asJson<SessionInfo>('session', 'show', id)).state === state, 20_000);

  it('edit, reorder and remove the prompts that wait, and an urgent one goes first', async () => {
    const id = await start();
    const running = system.run(['session', 'send', id, LONG]);
    await untilState(id, 'working');
    const queue = () => asJson<OpenTurn[]>('session', 'queue', id);
    const send = async (prompt: string, ...more: string[]) => {
      const before = (await queue()).length;
      const run = system.run(['session', 'send', id, prompt, ...more]);
      await waitUntil(async () => (await queue()).length > before, 20_000);
      return run;
    };
    const one = send('/say one');
    await waitUntil(async () => (await queue()).length === 2, 20_000);
    const two = send('/say two');
    await waitUntil(async () => (await queue()).length === 3, 20_000);
    const [, first, second] = await queue();
    expect((await system.run(['session', 'queue', id])).stdout).toContain('/say two');
    expect(await system.run(['session', 'queue', id, 'edit', second!.turnId, '/say changed'])).toMatchObject({
      code: 0,
    });
    expect(await system.run(['session', 'queue', id, 'next', second!.turnId])).toMatchObject({ code: 0 });
    expect(await system.run(['session', 'queue', id, 'remove', first!.turnId])).toMatchObject({ code: 0 });
    expect(await one).toMatchObject({ code: 130 });
    const urgent = await system.run(['session', 'send', id, '/say urgent', '--urgent']);
    expect(urgent).toMatchObject({ code: 0, stdout: 'urgent\n' });
    expect(await running).toMatchObject({ code: 130 });
    expect(await two).toMatchObject({ code: 0, stdout: 'changed\n' });
    await system.run(['session', 'close', id]);
  });
});
