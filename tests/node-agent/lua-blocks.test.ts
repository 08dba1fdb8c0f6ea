/** The memory of scripts: blocks keep what is in them whatever happens to others, and come back into use. */
import { beforeAll, expect, it } from 'vitest';
import { LuaWasm } from 'wasmoon';
import { Blocks, type Malloc } from '../../node-agent/lua/blocks.js';

/** Sizes on both sides of where malloc's own begin. */
const MAX_BYTES = 700;

let malloc: Malloc;
beforeAll(async () => {
  malloc = (await LuaWasm.initialize()).module as unknown as Malloc;
});

/** The same numbers in every run. */
function* numbers(): Generator<number, never> {
  for (let seed = 42; ; seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) yield seed >> 8;
}

it('keep what is in them while others come, grow, shrink and go', () => {
  const blocks = new Blocks(malloc);
  const live: { at: number; bytes: number; mark: number }[] = [];
  const random = numbers();
  const below = (limit: number) => random.next().value % limit;
  const check = ({ at, bytes, mark }: (typeof live)[number]) =>
    expect(malloc.HEAPU8.subarray(at, at + bytes).every((byte) => byte === mark)).toBe(true);
  for (let i = 0; i < 20_000; i++) {
    const bytes = 1 + below(MAX_BYTES);
    const mark = i % 256;
    const place = below(live.length + 1);
    const block = live[place];
    if (!block) live.push({ at: blocks.allocate(bytes), bytes, mark });
    else if (below(2) === 0) {
      check(block);
      blocks.release(block.at, block.bytes);
      live.splice(place, 1);
      continue;
    } else {
      block.at = blocks.resize(block.at, block.bytes, bytes);
      check({ ...block, bytes: Math.min(block.bytes, bytes) });
      live[place] = { at: block.at, bytes, mark };
    }
    const { at } = live[Math.min(place, live.length - 1)]!;
    expect(at % 8).toBe(0);
    malloc.HEAPU8.fill(mark, at, at + bytes);
  }
  live.forEach(check);
});

it('that were given back are used again', () => {
  const blocks = new Blocks(malloc);
  const first = Array.from({ length: 100 }, () => blocks.allocate(40));
  for (const at of first) blocks.release(at, 40);
  const second = Array.from({ length: 100 }, () => blocks.allocate(33));
  expect(new Set(second)).toEqual(new Set(first));
});

it('shrink also when there is no memory left, as Lua takes for granted', () => {
  const none: Malloc = {
    HEAPU8: new Uint8Array(0),
    HEAPU32: new Uint32Array(0),
    _malloc: () => 0,
    _realloc: () => 0,
    _free: () => undefined,
  };
  const blocks = new Blocks(none);
  expect(blocks.allocate(40)).toBe(0);
  expect(blocks.resize(4_096, 600, 40)).toBe(4_096);
  expect(blocks.resize(4_096, 40, 600)).toBe(0);
});

it('take no more than their share for good, however many sizes come and go', () => {
  let held = 0;
  const sizes = new Map<number, number>();
  const counting: Malloc = {
    get HEAPU8() {
      return malloc.HEAPU8;
    },
    get HEAPU32() {
      return malloc.HEAPU32;
    },
    _malloc: (bytes) => {
      const at = malloc._malloc(bytes);
      sizes.set(at, bytes);
      held += bytes;
      return at;
    },
    _realloc: (at, bytes) => {
      const moved = malloc._realloc(at, bytes);
      held += bytes - sizes.get(at)!;
      sizes.delete(at);
      sizes.set(moved, bytes);
      return moved;
    },
    _free: (at) => {
      held -= sizes.get(at)!;
      sizes.delete(at);
      malloc._free(at);
    },
  };
  const share = 1024 * 1024;
  const blocks = new Blocks(counting, share);
  for (let bytes = 8; bytes <= 512; bytes += 8) {
    const live = Array.from({ length: (4 * share) / bytes }, () => blocks.allocate(bytes));
    const [first, second] = [live[0]!, live.at(-1)!];
    for (const at of [first, second]) malloc.HEAPU8.fill(7, at, at + bytes);
    const moved = blocks.resize(second, bytes, bytes + 16);
    expect(malloc.HEAPU8.subarray(moved, moved + bytes).every((byte) => byte === 7)).toBe(true);
    blocks.release(moved, bytes + 16);
    for (const at of live.slice(0, -1)) blocks.release(at, bytes);
  }
  expect(held).toBeLessThanOrEqual(share);
});
