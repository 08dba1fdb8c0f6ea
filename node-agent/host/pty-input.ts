/**
 * The input of a terminal. Promise: pieces reach the program whole and in order, what waits is bounded, and a program that does not
 * read its input costs nothing but an error. (node-pty's own write queues without a bound and tries again without a pause.)
 */
import { write } from 'node:fs';
import { MAX_PTY_INPUT_BYTES, PTY_STALL_MS } from '../../proto/index.js';
import type { Clock } from '../clock.js';

/** Milliseconds until a terminal that took nothing is tried again. */
const RETRY_MS = 5;

interface Piece {
  bytes: Buffer;
  taken: number;
  resolve(): void;
  reject(reason: Error): void;
}

export interface PtyInputOptions {
  /** The terminal's file descriptor (non-blocking); undefined once it is closed. */
  fd(): number | undefined;
  clock: Clock;
}

export class PtyInput {
  private pieces: Piece[] = [];
  private waiting = 0;
  private writing = false;
  private closed = false;
  /** When the terminal last took something. */
  private lastTaken = 0;

  constructor(private readonly options: PtyInputOptions) {}

  /** Resolves when the terminal has taken the text. Rejects when the program does not read, or has ended. */
  push(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = Buffer.from(text);
      if (this.closed) return reject(new Error('the program has ended'));
      if (bytes.length === 0) return resolve();
      if (this.waiting + bytes.length > MAX_PTY_INPUT_BYTES)
        return reject(new Error(`the program does not read its input: ${this.waiting} bytes wait for it`));
      this.pieces.push({ bytes, taken: 0, resolve, reject });
      this.waiting += bytes.length;
      if (this.writing) return;
      this.writing = true;
      this.lastTaken = this.options.clock.now();
      this.writeNext();
    });
  }

  /** The program has ended: what it has not taken is refused. */
  close(): void {
    this.closed = true;
    this.refuse('the program has ended');
  }

  private writeNext(): void {
    const [piece] = this.pieces;
    const fd = this.options.fd();
    if (!piece || fd === undefined) {
      this.writing = false;
      if (piece) this.close();
      return;
    }
    write(fd, piece.bytes, piece.taken, (error, count) => {
      if (error?.code === 'EAGAIN') this.retry();
      else if (error) this.close();
      else this.took(piece, count);
    });
  }

  private took(piece: Piece, count: number): void {
    this.lastTaken = this.options.clock.now();
    piece.taken += count;
    if (this.pieces[0] === piece) {
      this.waiting -= count;
      if (piece.taken === piece.bytes.length) this.pieces.shift()!.resolve();
    }
    this.writeNext();
  }

  private retry(): void {
    const { clock } = this.options;
    if (clock.now() - this.lastTaken >= PTY_STALL_MS) {
      this.refuse(`the program does not read its input: it took nothing for ${PTY_STALL_MS / 1_000} s`);
      this.writing = false;
    } else clock.after(RETRY_MS, () => this.writeNext());
  }

  private refuse(reason: string): void {
    const pieces = this.pieces;
    this.pieces = [];
    this.waiting = 0;
    for (const { reject } of pieces) reject(new Error(reason));
  }
}
