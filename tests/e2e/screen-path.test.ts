/**
 * The way of somebody new through the screen, reading nothing else: before a key is pressed, the screen has said it. Over both brokers;
 * then from `praxis` alone on a fresh machine, in the smallest terminal.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import { gone, Person } from '../support/person.js';
import { processesWith } from '../support/processes.js';
import { PRAXIS, runCommand, type System } from '../support/system.js';
import { KEY } from '../support/terminal.js';
import { said } from './screen/world.js';

const enter = async (system: Pick<System, 'env' | 'work'>, columns = 100, rows = 32): Promise<Person> => {
  const p = new Person(system, new Set(), { columns, rows });
  await p.see('● connected', 30_000);
  await p.see('Demo agent');
  return p;
};

/** Everything that a newcomer does, up to quitting. `transcripts` is where they go. */
async function newcomer(p: Person, work: string, transcripts: string): Promise<void> {
  await p.follow('Enter open', 'enter');
  await p.see('Working directory');
  p.terminal.type(KEY.ctrl('u') + work);
  await p.follow('Enter start', 'enter');
  await p.see('Type a prompt below');
  p.terminal.type('hello');
  await p.follow('Enter send', 'enter');
  await p.see(/─ done|✔ Demo agent/);
  await p.see('● idle');

  p.terminal.type('/write notes.txt from the screen');
  await p.follow('Enter send', 'enter');
  await p.see('Allow? Write notes.txt');
  await p.see('1 waiting');
  expect(existsSync(join(work, 'notes.txt'))).toBe(false);
  await p.see(gone('Tab to answer'));
  await p.follow('a allow once', 'a');
  await p.see('● idle');
  expect(readFileSync(join(work, 'notes.txt'), 'utf8').trim()).toBe('from the screen');

  p.terminal.type('/say words that stay && /hang');
  await p.follow('Enter send', 'enter');
  await p.see(said('words that stay'));
  p.terminal.type('/say the second');
  await p.follow('Enter queue', 'enter');
  await p.see(/queued +\/say the second/);
  p.terminal.type('/say the third');
  await p.follow('Enter queue', 'enter');
  await p.see(/queued +\/say the third/);
  await p.follow('Ctrl+C cancel', 'ctrl+c');
  await p.see(said('the third'));
  await p.see('● idle');
  expect(p.text).toContain('⊘ cancelled');

  await p.follow('Esc list', 'escape');
  await p.see('Enter open');
  await p.follow('Ctrl+W sessions', 'ctrl+w');
  await p.see('╭─ Live sessions');
  await p.follow('Enter open', 'enter');
  await p.see('Ask the agent something');
  await p.follow('Ctrl+K commands', 'ctrl+k');
  await p.see('╭─ Commands');
  await p.type('save transcript', '▸ Save the transcript');
  await p.follow('Enter choose', 'enter');
  await p.see('The transcript is in');
  const text = readFileSync(join(transcripts, readdirSync(transcripts)[0]!), 'utf8');
  for (const words of ['hello', 'Write notes.txt', 'words that stay', 'the third'])
    expect(text).toContain(words);

  await p.type(KEY.escape, 'Enter open');
  await p.follow('Ctrl+Q quit', 'ctrl+q');
  expect(await p.terminal.waitForExit()).toBe(0);
  await p.see('goes on in the background');
}

/** The next day. */
async function comesBack(p: Person): Promise<void> {
  await p.see('1 session');
  await p.follow('Ctrl+W sessions', 'ctrl+w');
  await p.see(/▸ ● idle/);
  await p.follow('Enter open', 'enter');
  await p.see(said('the third'));
  await p.type(`/say still here${KEY.enter}`, said('still here'));
}

overBothBrokers('the screen of a person', (start) => {
  let system: System | undefined;
  let p: Person | undefined;

  afterEach(async () => {
    p?.leave();
    p = undefined;
    await system?.stop();
    system = undefined;
  });

  it('leads a newcomer from the list to an allowed tool, through a cancel and a queue, and back after a restart', async () => {
    system = await start();
    p = await enter(system);
    await newcomer(p, system.work, join(system.home.root, 'transcripts'));
    p = await enter(system);
    await comesBack(p);
    await p.type(KEY.ctrl('w'), '╭─ Live sessions');
    await p.follow('d close', 'd');
    await p.see('0 sessions');
  }, 90_000);

  it('goes on by itself when service and node are killed in the middle of a turn and come back', async () => {
    system = await start();
    p = await enter(system);
    await p.start('Demo agent');
    await p.type(`/stream 200 8 10${KEY.enter}`, '◐ working');
    await system.service.restart();
    await p.type('typed meanwhile', '❯ typed meanwhile');
    await p.see(/200 \.+/, 30_000);
    await p.see('● idle', 30_000);
    await p.see('● connected', 30_000);
    await p.type(`${KEY.ctrl('u')}/say after all${KEY.enter}`, said('after all'), 30_000);
    await system.node.kill();
    await p.see(/○ here\s+lost/, 30_000);
    await p.see('✘ lost');
    system.node.start();
    await p.see('● here', 30_000);
    await p.type(`/recall${KEY.enter}`, 'You asked: /stream', 30_000);
  }, 120_000);
});

it('leads a newcomer on a fresh machine, from praxis alone, in a terminal of 80×24; the system goes on without the screen', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'px-')));
  const work = join(root, 'work');
  mkdirSync(work);
  const { PRAXIS_BUS_URL: _, ...rest } = process.env;
  const mark = `PX_TEST_HOME=${root}`;
  const env = {
    ...rest,
    PRAXIS_HOME: join(root, 'home'),
    PX_TEST_HOME: root,
    DEMO_AGENT_STATE: join(root, 'demo'),
  };
  const praxis = (...args: string[]) => runCommand([process.execPath, PRAXIS, ...args], { env, cwd: root });
  let p: Person | undefined;
  try {
    p = await enter({ env, work }, 80, 24);
    await newcomer(p, work, join(root, 'home', 'transcripts'));
    expect((await praxis('session', 'list')).stdout).toContain('idle');
    p = await enter({ env, work }, 80, 24);
    await comesBack(p);
  } finally {
    p?.leave();
    await praxis('down');
    const left = processesWith(mark);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    expect(left).toEqual([]);
  }
}, 120_000);
