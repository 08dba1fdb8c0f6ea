import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import { PRAXIS, runCommand, type System } from '../support/system.js';
import { KEY, TestTerminal } from '../support/terminal.js';

const program = fileURLToPath(new URL('../support/system-tui.ts', import.meta.url));

const defined = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;

overBothBrokers('the screen of a person', (start) => {
  let system: System | undefined;
  let terminal: TestTerminal | undefined;

  afterEach(async () => {
    terminal?.kill();
    terminal = undefined;
    await system?.stop();
    system = undefined;
  });

  async function open(s: System): Promise<TestTerminal> {
    terminal?.kill();
    terminal = new TestTerminal(process.execPath, ['--import', 'tsx', program], {
      columns: 100,
      rows: 32,
      env: { ...defined(s.env), PX_WORK: s.work },
    });
    await terminal.waitFor('● connected');
    await terminal.waitFor('Demo agent');
    return terminal;
  }

  /** Starts a session with the demo agent where the screen proposes. */
  async function startDemo(t: TestTerminal): Promise<void> {
    t.type(KEY.enter);
    await t.waitFor('Working directory');
    t.type(KEY.enter);
    await t.waitFor('The agent is ready');
  }

  it('leads a newcomer from the list to an allowed tool, through a cancel and a queue, and back after a restart', async () => {
    system = await start();
    let t = await open(system);
    await startDemo(t);
    t.type(`hello${KEY.enter}`);
    await t.waitFor('I am the demo agent');
    await t.waitFor('─ done');

    t.type(`/write notes.txt from the screen${KEY.enter}`);
    await t.waitFor('Allow? Write notes.txt');
    await t.waitFor('1 waiting');
    expect(existsSync(join(system.work, 'notes.txt'))).toBe(false);
    await t.waitFor((text) => text.includes('a allow once') && !text.includes('Tab to answer'));
    t.type('a');
    await t.waitFor('Allow by');
    await t.waitFor('● idle');
    expect(readFileSync(join(system.work, 'notes.txt'), 'utf8').trim()).toBe('from the screen');

    t.type(`/say some words that stay${KEY.ctrl('j')}/hang${KEY.enter}`);
    await t.waitFor('some words that stay');
    t.type(`/say the second${KEY.enter}`);
    t.type(`/say the third${KEY.enter}`);
    await t.waitFor('queued   /say the second');
    await t.waitFor('queued   /say the third');
    t.type(KEY.ctrl('c'));
    await t.waitFor('⊘ cancelled');
    await t.waitFor((text) => /^.*▏the second$/m.test(text) && /^.*▏the third$/m.test(text));
    await t.waitFor('● idle');

    t.type(KEY.escape);
    await t.waitFor('Enter open');
    t.type(KEY.ctrl('w'));
    await t.waitFor('Live sessions');
    t.type(KEY.enter);
    await t.waitFor('Ask the agent something');
    t.type('\x1b\x17');
    await t.waitFor('The transcript is in');
    const folder = join(system.home.root, 'transcripts');
    const transcript = readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8');
    for (const text of ['hello', 'Write notes.txt', 'some words that stay', 'the third'])
      expect(transcript).toContain(text);

    t.type(KEY.ctrl('q'));
    expect(await t.waitForExit()).toBe(0);
    await t.waitFor('goes on');

    t = await open(system);
    await t.waitFor('1 session');
    t.type(KEY.ctrl('w'));
    await t.waitFor('Live sessions');
    await t.waitFor('idle');
    t.type(KEY.enter);
    await t.waitFor('the third');
    t.type(`/say still here${KEY.enter}`);
    await t.waitFor(/▏still here$/m);
    t.type(KEY.ctrl('w'));
    await t.waitFor('Live sessions');
    t.type('d');
    await t.waitFor('0 sessions');
  }, 90_000);

  it('goes on by itself when the service is killed in the middle of a turn and comes back', async () => {
    system = await start();
    const t = await open(system);
    await startDemo(t);
    t.type(`/stream 200 8 10${KEY.enter}`);
    await t.waitFor('running');
    await system.service.restart();
    t.type('typed meanwhile');
    await t.waitFor('❯ typed meanwhile');
    await t.waitFor('─ done', 30_000);
    await t.waitFor('● connected', 30_000);
    t.type(`${KEY.ctrl('u')}/say after all${KEY.enter}`);
    await t.waitFor(/▏after all$/m, 30_000);
  }, 90_000);

  it('shows a node that was killed as lost, with its session, and both again when it is back', async () => {
    system = await start();
    const t = await open(system);
    await startDemo(t);
    await system.node.kill();
    await t.waitFor(/○ here\s+lost/, 30_000);
    await t.waitFor('✘ lost');
    system.node.start();
    await t.waitFor('● here', 30_000);
  }, 90_000);

  it('shows what an agent says as text only, whatever it says', async () => {
    system = await start();
    const t = await open(system);
    await startDemo(t);
    t.paste('/echo first \x1b]0;EVIL\x07\x1b]52;c;RVZJTA==\x07\x1b[2J\x1b[31mlast');
    await t.waitFor('❯ /echo');
    t.type(KEY.enter);
    await t.waitFor(/first .*last/);
    await t.waitFor('─ done');
    expect(t.title).not.toContain('EVIL');
    expect(t.raw).not.toContain('\x1b]52');
    expect(t.text()).toContain('● here');
  });
});

it('opens on a fresh machine with the demo agent ready, from praxis alone, and the system goes on afterwards', async () => {
  const home = mkdtempSync(join(tmpdir(), 'px-'));
  const { PRAXIS_BUS_URL: _, ...rest } = process.env;
  const env = { ...defined(rest), PRAXIS_HOME: home };
  const praxis = (...args: string[]) => runCommand([process.execPath, PRAXIS, ...args], { env, cwd: home });
  const t = new TestTerminal(process.execPath, [PRAXIS], { columns: 80, rows: 24, cwd: home, env });
  try {
    await t.waitFor('● connected', 30_000);
    await t.waitFor('Demo agent');
    t.type(KEY.enter);
    await t.waitFor('Working directory');
    t.type(`${KEY.ctrl('u')}${home}${KEY.enter}`);
    await t.waitFor('The agent is ready');
    t.type(`hello${KEY.enter}`);
    await t.waitFor('─ done');
    t.type(KEY.ctrl('q'));
    expect(await t.waitForExit()).toBe(0);
    await t.waitFor('goes on in the background');
    expect((await praxis('session', 'list')).stdout).toContain('idle');
  } finally {
    t.kill();
    await praxis('down');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
});
