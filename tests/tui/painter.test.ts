/** When the screen is drawn, on a clock of the test. */
import { describe, expect, it } from 'vitest';
import { Painter } from '../../tui/painter.js';

/** A painter whose frames are noted; `isPartly` is what drawing for a key answers. */
function world(isPartly = false) {
  let now = 0;
  let timer: { run(): void; at: number } | null = null;
  const soon: (() => void)[] = [];
  const frames: { at: number; hurried: boolean }[] = [];
  const painter = new Painter({
    now: () => now,
    set: (run, ms) => {
      timer = { run, at: now + ms };
      return timer;
    },
    clear: (known) => {
      if (known === timer) timer = null;
    },
    soon: (run) => void soon.push(run),
    paint: (hurried) => {
      frames.push({ at: now, hurried });
      return hurried && isPartly;
    },
  });
  /** What the event loop does until then. */
  const until = (ms: number): void => {
    for (const run of soon.splice(0)) run();
    while (timer !== null && timer.at <= ms) {
      const { run, at } = timer;
      now = at;
      timer = null;
      run();
    }
    now = ms;
  };
  return { painter, frames, until };
}

describe('the painter', () => {
  it('draws at most 60 times a second what comes by itself', () => {
    const { painter, frames, until } = world();
    for (let ms = 0; ms < 1_000; ms++) {
      painter.request();
      until(ms);
    }
    expect(frames.length).toBeGreaterThan(50);
    expect(frames.length).toBeLessThanOrEqual(60);
  });

  it('draws for a key without waiting for the next frame', () => {
    const { painter, frames, until } = world();
    painter.request();
    until(3);
    painter.request();
    painter.hurry();
    until(3);
    expect(frames).toEqual([
      { at: 0, hurried: false },
      { at: 3, hurried: true },
    ]);
  });

  it('draws once for all keys that come in one piece', () => {
    const { painter, frames, until } = world();
    for (let key = 0; key < 100; key++) painter.hurry();
    until(0);
    expect(frames).toEqual([{ at: 0, hurried: true }]);
  });

  it('draws the rest when its frame is due, where it was drawn in a hurry and not whole', () => {
    const { painter, frames, until } = world(true);
    painter.hurry();
    until(20);
    expect(frames).toEqual([
      { at: 0, hurried: true },
      { at: 17, hurried: false },
    ]);
  });

  it('draws nothing after its end', () => {
    const { painter, frames, until } = world();
    painter.request();
    painter.hurry();
    painter.stop();
    until(100);
    expect(frames).toEqual([]);
  });
});
