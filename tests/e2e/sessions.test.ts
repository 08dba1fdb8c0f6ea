/** The life of sessions on the command line: their queue, their questions, their end, and what is kept of them. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';

const LONG = '/stream 10000 8 5';

overBothBrokers('sessions on the command line', (bringUp) => {
  let system: System;
  beforeAll(async () => {
    system = await bringUp();
  });
  afterAll(() => system.stop());

  const start = async (...options: string[]) =>
    (await system.run(['session', 'start', 'demo', ...options])).stdout.trim();

  it('edit, reorder and remove the prompts that wait, and an urgent one goes first', async () => {
    const id = await start();
    const client = await system.client();
    const queue = async () => (await client.call('_praxis/turn/list', { sessionId: id })).turns;
    const send = async (prompt: string) => {
      const before = (await queue()).length;
      const run = system.run(['session', 'send', id, prompt]);
      await waitUntil(async () => (await queue()).length > before, 20_000);
      return { run };
    };
    const running = await send(LONG);
    const one = await send('/say one');
    const two = await send('/say two');
    const [, first, second] = await queue();
    expect((await system.run(['session', 'queue', id])).stdout).toContain('/say two');
    expect(await system.run(['session', 'queue', id, 'edit', second!.turnId, '/say changed'])).toMatchObject({
      code: 0,
    });
    expect(await system.run(['session', 'queue', id, 'next', second!.turnId])).toMatchObject({ code: 0 });
    expect(await system.run(['session', 'queue', id, 'remove', first!.turnId])).toMatchObject({ code: 0 });
    expect(await one.run).toMatchObject({ code: 130 });
    const urgent = await system.run(['session', 'send', id, '/say urgent', '--urgent']);
    expect(urgent).toMatchObject({ code: 0, stdout: 'urgent\n' });
    expect(await running.run).toMatchObject({ code: 130 });
    expect(await two.run).toMatchObject({ code: 0, stdout: 'changed\n' });
    await system.run(['session', 'close', id]);
  });

  it('answer the questions of any session from the inbox, by a prefix of the id', async () => {
    const id = await start('--deny-after', '600');
    const client = await system.client();
    const turn = client.prompt(id, [{ type: 'text', text: '/write inbox.txt hello' }]);
    const inbox = async () => (await client.call('_praxis/approvals', {})).approvals;
    await waitUntil(async () => (await inbox()).length === 1, 20_000);
    const [question] = await inbox();
    expect(question).toMatchObject({ sessionId: id, connector: 'demo' });
    expect(question!.denyAt).toBeGreaterThan(question!.at);
    const prefix = question!.requestId.slice(0, 8);
    const shown = await system.run(['approvals', 'show', prefix]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain(question!.hash);
    expect(shown.stdout).toContain('inbox.txt');
    const stale = ['approvals', 'answer', prefix, 'allow', '--hash', '0'.repeat(64)];
    expect(await system.run(stale)).toMatchObject({ code: 1 });
    expect(existsSync(join(system.work, 'inbox.txt'))).toBe(false);
    expect(await system.run(['approvals', 'answer', prefix, 'allow'])).toMatchObject({ code: 0 });
    expect(await turn.result).toMatchObject({ stopReason: 'end_turn' });
    expect(readFileSync(join(system.work, 'inbox.txt'), 'utf8')).toContain('hello');
    await system.run(['session', 'close', id]);
  });

  it('answer a form from the inbox, whether or not somebody looks at the session', async () => {
    const id = await start('--deny-after', '600');
    const client = await system.client();
    const turn = client.prompt(id, [{ type: 'text', text: '/form Coffee?' }]);
    const open = async () => (await client.call('_praxis/approvals', {})).approvals[0];
    await waitUntil(async () => (await open()) !== undefined, 20_000);
    const prefix = (await open())!.requestId.slice(0, 8);
    expect((await system.run(['approvals', 'list'])).stdout).toContain('Coffee?');
    const shown = await system.run(['approvals', 'show', prefix]);
    expect(shown.stdout).toMatch(/name +required +text +Your name\n/);
    expect(shown.stdout).toContain(
      `praxis approvals answer ${prefix} accept --set name=... --set drink=...\n`,
    );
    const answer = (...more: string[]) => system.run(['approvals', 'answer', prefix, ...more]);
    expect(await answer('allow')).toMatchObject({
      code: 64,
      stderr: `praxis: ${prefix} is a form: accept, decline or cancel it\n`,
    });
    expect(await answer('accept', '--set', 'drink=Tea', '--set', 'cups=12')).toMatchObject({
      code: 64,
      stderr: 'praxis: name must be answered (--set name=...); cups must be 1 to 9\n',
    });
    expect(await answer('accept', '--set', 'no=1')).toMatchObject({
      code: 64,
      stderr: 'praxis: The form has no field no; it has name, cups, drink, extras, window\n',
    });
    const set = ['name=Ada', 'drink=Tea', 'extras=milk', 'extras=sugar', 'window=yes'];
    const done = await answer('accept', '--json', ...set.flatMap((one) => ['--set', one]));
    expect(JSON.parse(done.stdout)).toMatchObject({ sessionId: id, action: 'accept' });
    expect(await turn.result).toMatchObject({ stopReason: 'end_turn' });
    const { stdout } = await system.run(['session', 'attach', id]);
    expect(stdout).toContain(
      'You answered name: Ada, cups: 1, drink: tea, extras: milk and sugar, window: true.',
    );
    await system.run(['session', 'close', id]);
  });

  it('cancel a form where nobody can be asked, and say how to have it wait', async () => {
    expect(await system.run(['run', 'demo', '/form Coffee?'])).toMatchObject({
      code: 0,
      stdout: 'I have no answer, so I left it.\n',
      stderr:
        'cancelled, since nobody can be asked here (no terminal): Coffee?\n  to have it wait for an answer: --deny-after 600\n',
    });
  });

  it('allow by their policy without asking, and only what it names', async () => {
    const policy = ['--auto', 'edit'];
    const run = await system.run(['run', 'demo', '/write auto.txt hello', ...policy]);
    expect(run).toMatchObject({ code: 0 });
    expect(existsSync(join(system.work, 'auto.txt'))).toBe(true);
    await system.run(['run', 'demo', '/sh touch no.txt', '--auto', 'edit']);
    expect(existsSync(join(system.work, 'no.txt'))).toBe(false);
  });

  it('are renamed, archived, exported, deleted, imported and pruned', async () => {
    const id = await start();
    const ok = async (...args: string[]) => {
      const run = await system.run(['session', ...args]);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      return run.stdout;
    };
    await ok('send', id, '/say keep this');
    const short = id.slice(0, 8);
    expect(await ok('rename', id, 'The one to keep')).toBe(`${short} is now: The one to keep\n`);
    expect(JSON.parse(await ok('rename', id, 'The one to keep', '--json'))).toEqual({ sessionId: id });
    expect(await ok('set', id, '--auto', 'read', '--idle-timeout', '3600')).toContain(short);
    expect(await ok('cancel', id)).toBe('No prompt runs.\n');
    expect(await system.run(['session', 'archive', id])).toMatchObject({ code: 1 });
    await ok('close', id);
    expect(await ok('archive', id)).toContain(`praxis session restore ${short}`);
    expect(await ok('list', '--archived')).toContain('The one to keep');
    expect(await ok('list', '--all')).not.toContain(id);
    const markdown = await ok('export', id);
    expect(markdown).toContain('# The one to keep');
    expect(markdown).toContain('keep this');
    const lines = await ok('export', id, '--format', 'jsonl');
    expect(await ok('restore', id)).toBe(`${short} is in the lists again.\n`);
    expect(await ok('delete', id)).toBe(`${short} and its transcript are removed.\n`);
    expect(await system.run(['session', 'show', id])).toMatchObject({ code: 66 });
    expect(await system.run(['session', 'import'], { stdin: lines })).toMatchObject({
      code: 0,
      stdout: `${id}\n`,
    });
    const events = (text: string) => text.split('\n').slice(1);
    expect(events(await ok('export', id, '--format', 'jsonl'))).toEqual(events(lines));
    expect(await system.run(['session', 'import'], { stdin: lines })).toMatchObject({ code: 1 });
    const dry = JSON.parse(await ok('prune', '--older-than', '0s', '--dry-run', '--json'));
    expect(dry.sessions.map(({ sessionId }: { sessionId: string }) => sessionId)).toContain(id);
    expect(await ok('prune', '--older-than', '0s')).toMatch(/\d+ removed/);
    expect(await system.run(['session', 'show', id])).toMatchObject({ code: 66 });
  });
});

it('a question waits for as long as the owner of the node says where nobody can be asked, in a run and in a session that is there', {
  timeout: 60_000,
}, async () => {
  const system = await System.start({ node: () => ({ approvals: { auto: [], denyAfterSecs: 600 } }) });
  try {
    const inbox = async () => JSON.parse((await system.run(['approvals', 'list', '--json'])).stdout);
    const id = (await system.run(['session', 'start', 'demo'])).stdout.trim();
    for (const command of [
      ['session', 'send', id],
      ['run', 'demo'],
    ]) {
      const run = system.run([...command, '/ask May I?']);
      await waitUntil(async () => (await inbox()).length === 1, 20_000);
      const [{ requestId }] = await inbox();
      expect(await system.run(['approvals', 'answer', requestId, 'allow'])).toMatchObject({ code: 0 });
      const { stderr } = await run;
      expect(stderr).toContain('waits for an answer: May I?');
      expect(stderr).not.toContain('rejected');
    }
  } finally {
    await system.stop();
  }
});
