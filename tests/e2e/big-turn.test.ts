/** A turn of 100,000 frames keeps its order, loses nothing, and does not grow the service. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import { residentBytes } from '../support/processes.js';
import type { System } from '../support/system.js';
import { text } from '../support/watch.js';
import { scriptedAgent, steps } from './agents/scripted.js';

const FRAMES = 100_000;
/** A heap that could not hold the frames of the two turns: a service that kept them would end by it. */
const HEAP_MIB = 64;
const RESIDENT_BYTES = 256 * 1024 * 1024;

overBothBrokers('a turn of 100,000 frames', (start) => {
  let system: System;
  beforeAll(async () => {
    system = await start({
      node: () => ({ agents: { scripted: scriptedAgent() } }),
      env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
    });
  });
  afterAll(() => system.stop());

  it('arrives once and in order, while the memory of the service stays flat', async () => {
    const client = await system.client();
    const service = system.service.pid;
    let next = 0;
    let resident = 0;
    const wrong: string[] = [];
    const { sessionId } = await client.newSession(
      { connector: 'scripted', cwd: system.work },
      ({ frame }) => {
        if (frame.kind !== 'notification' || frame.method !== 'session/update') return;
        const { content } = frame.params.update as { content: { text: string } };
        if (content.text !== `${next++ % FRAMES} `) wrong.push(content.text);
        if (next % 5_000 === 0) resident = Math.max(resident, residentBytes(service));
      },
    );
    for (let turn = 1; turn <= 2; turn++) {
      const { result } = client.prompt(sessionId, text(steps({ say: FRAMES })));
      expect(await result).toMatchObject({ stopReason: 'end_turn' });
      expect(next).toBe(turn * FRAMES);
    }
    expect(wrong).toEqual([]);
    expect(system.service.pid).toBe(service);
    expect(resident).toBeGreaterThan(0);
    expect(resident).toBeLessThan(RESIDENT_BYTES);
  }, 180_000);
});
