/**
 * Small blocks of memory, without the header that malloc puts before each: Lua says the size of a block when it gives it back. Most of what a
 * script holds is smaller than 100 bytes, where these headers are a fifth of all. What is larger is malloc's.
 */
import type { Pointer } from './runtime.js';

/** Bytes of the largest small block. */
const MAX_SMALL = 512;

/** What a block's address and size are a multiple of: what a double needs. */
const GRAIN = 8;

/** Bytes that are taken from malloc at a time. */
const CHUNK = 16 * 1024;

/** Bytes that are so taken at most, for good: enough for some hundreds of scripts. Beyond it each block is malloc's, and goes back to it. */
const SHARE = 64 * 1024 * 1024;

/** What it needs of the module of WebAssembly. The views are others when its memory has grown. */
export interface Malloc {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): Pointer;
  _realloc(pointer: Pointer, bytes: number): Pointer;
  _free(pointer: Pointer): void;
}

const grains = (bytes: number): number => Math.ceil(bytes / GRAIN);

export class Blocks {
  /** The first free block of each size, in grains; a free block begins with the address of the next one. */
  private readonly free = new Uint32Array(grains(MAX_SMALL) + 1);
  private next: Pointer = 0;
  private end: Pointer = 0;
  /** The chunks, by the page in which each begins: a page is as large as a chunk, so in none there begin two. */
  private readonly chunks = new Map<number, Pointer>();
  /** Small blocks in use that are malloc's. */
  private singles = 0;

  constructor(
    private readonly malloc: Malloc,
    private readonly share = SHARE,
  ) {}

  /** 0 when there is no memory left. `bytes` is at least 1. */
  allocate(bytes: number): Pointer {
    if (bytes > MAX_SMALL) return this.malloc._malloc(bytes);
    const size = grains(bytes);
    const block = this.free[size]!;
    if (block === 0) return this.cut(size * GRAIN) || this.single(size * GRAIN);
    this.free[size] = this.malloc.HEAPU32[block >> 2]!;
    return block;
  }

  /**
   * A block of this size instead, with what was in it. 0: there is no memory left, and the old one is as it was. Lua takes for granted
   * that a smaller one is always there: then the old one does.
   */
  resize(block: Pointer, before: number, after: number): Pointer {
    if (before > MAX_SMALL && after > MAX_SMALL) return this.malloc._realloc(block, after);
    if (before <= MAX_SMALL && grains(before) === grains(after)) return block;
    const other = this.allocate(after);
    if (other === 0) return after < before ? block : 0;
    this.malloc.HEAPU8.copyWithin(other, block, block + Math.min(before, after));
    this.release(block, before);
    return other;
  }

  release(block: Pointer, bytes: number): void {
    if (bytes > MAX_SMALL) this.malloc._free(block);
    else if (this.singles > 0 && !this.isCut(block)) {
      this.singles--;
      this.malloc._free(block);
    } else this.keep(block, grains(bytes));
  }

  private isCut(block: Pointer): boolean {
    const page = Math.floor(block / CHUNK);
    const here = this.chunks.get(page);
    const before = this.chunks.get(page - 1);
    return (here !== undefined && block >= here) || (before !== undefined && block < before + CHUNK);
  }

  private single(bytes: number): Pointer {
    const block = this.malloc._malloc(bytes);
    if (block !== 0) this.singles++;
    return block;
  }

  private keep(block: Pointer, size: number): void {
    this.malloc.HEAPU32[block >> 2] = this.free[size]!;
    this.free[size] = block;
  }

  private cut(bytes: number): Pointer {
    if (this.end - this.next < bytes) {
      if ((this.chunks.size + 1) * CHUNK > this.share) return 0;
      const chunk = this.malloc._malloc(CHUNK);
      if (chunk === 0) return 0;
      if (this.end > this.next) this.keep(this.next, grains(this.end - this.next));
      this.chunks.set(Math.floor(chunk / CHUNK), chunk);
      this.next = chunk;
      this.end = chunk + CHUNK;
    }
    const block = this.next;
    this.next += bytes;
    return block;
  }
}
