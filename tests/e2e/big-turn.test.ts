/** A turn of 100,000 frames keeps its order, loses nothing, and does not grow the service. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import { residentBytes } from '../support/processes.js';
import type { System } from '../support/system.js';
import { text } from '../support/watch.js';
import { scriptedAgent, steps } from './agents/scripted.js';

const FRAMES = 100_000;
const MIB = 1024 * 1024;

overBothBrokers('a turn of 100,000 frames', (start) => {
  let system: System;
  beforeAll(async () => {
    system = await start({ node: () => ({ agents: { scripted: scriptedAgent() } }) });
  });
  afterAll(() => system.stop());

  it('arrives once and in order, while the memory of the service stays flat', async () => {
    const client = await system.client();
    const resident: number[] = [];
    let next = 0;
    const wrong: string[] = [];
    const { sessionId } = await client.newSession(
      { connector: 'scripted', cwd: system.work },
      ({ frame }) => {
        if (frame.kind !== 'notification' || frame.method !== 'session/update') return;
        const { content } = frame.params.update as { content: { text: string } };
        if (content.text !== `${next++ % FRAMES} `) wrong.push(content.text);
        if (next % 5_000 === 0) resident.push(residentBytes(system.service.pid));
      },
    );
    // The first turn warms the service up: code, caches and buffers get their size in it.
    for (let turn = 1; turn <= 2; turn++) {
      const { result } = client.prompt(sessionId, text(steps({ say: FRAMES })));
      expect(await result).toMatchObject({ stopReason: 'end_turn' });
      expect(next).toBe(turn * FRAMES);
    }
    expect(wrong).toEqual([]);
    const half = resident.length / 2;
    const [first, second] = [Math.max(...resident.slice(0, half)), Math.max(...resident.slice(half))];
    // 100,000 frames are about 20 MB of lines: kept in memory, they could not hide in this margin.
    expect(second! - first!).toBeLessThan(24 * MIB);
    expect(second!).toBeLessThan(400 * MIB);
  }, 180_000);
});
