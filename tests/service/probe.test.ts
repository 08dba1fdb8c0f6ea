import { expect, it } from 'vitest';
import type { BusState } from '../../bus/index.js';
import { probe, SILENT_MS } from '../../service/office/probe.js';
import { ManualClock, settled } from '../support/service-world.js';

/** A bus whose broker confirms when it is told to. */
function start() {
  const clock = new ManualClock();
  const waiting: { confirm(): void; lose(error: Error): void }[] = [];
  const bus = {
    state: { kind: 'connected' } as BusState,
    publish: () => new Promise<void>((confirm, lose) => void waiting.push({ confirm, lose })),
  };
  const told: boolean[] = [];
  const probed = probe(bus, clock, (silent) => told.push(silent));
  const answer = () => {
    for (const { confirm } of waiting.splice(0)) confirm();
    return settled();
  };
  return { clock, bus, waiting, told, answer, probed };
}

it('says nothing of a broker that answers, however slowly', async () => {
  const { clock, told, answer } = start();
  for (let i = 0; i < 10; i++) {
    await clock.advance(SILENT_MS - 500);
    await answer();
  }
  expect(told).toEqual([]);
});

it('says once that the broker is silent, asks it once meanwhile, and says when it answers', async () => {
  const { clock, told, answer, waiting } = start();
  await clock.advance(5 * SILENT_MS);
  expect([told, waiting.length]).toEqual([[true], 1]);
  await answer();
  await clock.advance(500);
  expect(told).toEqual([true, false]);
});

it('tells a broker that answers at once from one that takes its time', async () => {
  const { clock, answer, probed } = start();
  expect(probed.brisk()).toBe(false);
  await answer();
  expect(probed.brisk()).toBe(true);
  await clock.advance(1_000);
  expect(probed.brisk()).toBe(false);
  await answer();
  expect(probed.brisk()).toBe(false);
  await clock.advance(500);
  await answer();
  expect(probed.brisk()).toBe(true);
});

it('does not take its own standing still for the silence of the broker', async () => {
  const { clock, told, answer } = start();
  await clock.advance(500);
  // The timer that is late runs before what the broker has answered is read.
  clock.time += 60_000;
  await clock.advance(0);
  await answer();
  await clock.advance(500);
  expect(told).toEqual([]);
});

it('leaves it to the bus to say that the connection is lost', async () => {
  const { clock, bus, told, waiting } = start();
  bus.state = { kind: 'connecting', attempt: 1 };
  for (const { lose } of waiting.splice(0)) lose(new Error('lost'));
  await clock.advance(5 * SILENT_MS);
  expect([told, waiting.length]).toEqual([[], 0]);
  bus.state = { kind: 'connected' };
  await clock.advance(2 * SILENT_MS);
  expect(told).toEqual([true]);
});
