/** What the screen of the shipped program bears: the fault is real, and afterwards the screen is whole and takes keys. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../support/person.js';
import { RabbitMq, rabbitMqInstalled } from '../support/rabbitmq.js';
import { System } from '../support/system.js';
import { KEY } from '../support/terminal.js';
import { scriptedAgent, steps } from './agents/scripted.js';
import { said, World } from './screen/world.js';

/** What our screen tells a terminal while it draws: a place, a look, whether the cursor is shown, where a frame begins and ends, and what it counts, as the title. */
const OURS =
  /\x1b(?:\[\d{1,3};\d{1,3}H|\[\d*(?:;\d+)*m|\[\?(?:12|25|2026)[hl]|[78]|\]2;praxis(?: · \d+ [a-z]+)*\x07)|[\r\n]/g;

describe('the screen', () => {
  const world = new World();
  beforeAll(async () => {
    await world.start(
      await System.start({
        node: () => ({ agents: { scripted: { title: 'Scripted', ...scriptedAgent() } } }),
      }),
    );
  });
  afterEach(() => world.clear());
  afterAll(() => world.system.stop());

  it('shows 10 MB of rubbish and escapes as text: none of it reaches the terminal as a command', async () => {
    const p = await world.enter();
    await p.start('Scripted');
    const { length } = p.terminal.raw;
    p.terminal.paste(steps({ rubbish: 10 }));
    await p.type(KEY.enter, 'after the noise', 60_000);
    await p.see('─ done');
    for (const keys of ['\x14', KEY.pageUp, KEY.pageUp, KEY.pageUp, '\x14', KEY.ctrl('g')]) {
      p.terminal.type(keys);
      await p.see((text) => text.includes('● connected'));
    }
    await p.type('still typing', '❯ still typing', 30_000);
    expect(p.terminal.title).not.toContain('EVIL');
    const rest = p.terminal.raw.slice(length).replaceAll(OURS, '');
    expect([...new Set(rest.match(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069](?:.|\n){0,12}/g))]).toEqual(
      [],
    );
    // Nothing has moved the screen's own lines.
    expect(p.text.split('\n')[0]).toMatch(/^ Sessions +│/);
    expect(p.text.split('\n').at(-1)).toContain('Enter send');
  }, 120_000);

  it('is whole after a storm of resizes while text streams, down to a size that is too small', async () => {
    const p = await world.enter();
    await p.start('Demo agent');
    await p.type(`/stream 500 20 5${KEY.enter}`, /\d \.{5}/);
    for (let i = 0; i < 60; i++) p.terminal.resize(20 + ((i * 37) % 180), 5 + ((i * 17) % 56));
    p.terminal.resize(30, 8);
    await p.see(/too\s+small/);
    p.terminal.resize(80, 24);
    await p.see('─ done', 30_000);
    const lines = p.text.split('\n');
    expect(lines).toHaveLength(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    await p.type('and typing', '❯ and typing');
  });

  it('shows a prompt as sending until the service has it, and takes keys while that does not answer', async () => {
    const p = await world.enter();
    await p.start('Demo agent');
    process.kill(world.system.service.pid, 'SIGSTOP');
    try {
      await p.type(`/say at last${KEY.enter}`, /↑ (sending|unsent) +\/say at last/);
      await p.type('typed meanwhile', '❯ typed meanwhile');
      await p.see('no answer from the service', 30_000);
    } finally {
      process.kill(world.system.service.pid, 'SIGCONT');
    }
    await p.see(said('at last'), 30_000);
    await p.see('● connected');
    expect(p.text).toContain('❯ typed meanwhile');
  }, 60_000);
});

describe.skipIf(!rabbitMqInstalled())('the screen over a RabbitMQ of its own', () => {
  it('says that the broker is away, takes keys, and goes on when it is back, with the turn that went on meanwhile', async () => {
    const rabbit = await RabbitMq.start();
    const system = await System.start({ rabbit });
    const p = new Person(system, new Set());
    try {
      await p.see('● connected');
      await p.see('Demo agent');
      await p.start('Demo agent');
      await p.type(`/stream 200 12 10${KEY.enter}`, /\d \.{3}/);
      await rabbit.kill();
      await p.see('◌ connecting');
      await p.type('typed meanwhile', '❯ typed meanwhile');
      await rabbit.boot();
      await p.see('● connected', 60_000);
      await p.see(/200 \.+/, 60_000);
      await p.see('─ done');
      await p.type(`${KEY.ctrl('u')}/say after all${KEY.enter}`, said('after all'), 30_000);
    } finally {
      p.leave();
      await system.stop();
      await rabbit.stop();
    }
  }, 180_000);
});
