/**
 * Cuts a stream of bytes into lines. A line never holds more than the limit in memory: what is longer is thrown away up
 * to its line end and reported, and the next line is read as if nothing had happened.
 */

const LF = 0x0a;

export interface LineSplitterOptions {
  maxBytes: number;
  /** A line without its end (LF or CRLF). Empty lines are left out. */
  onLine(line: string): void;
  /** A line was longer than `maxBytes` and is gone. */
  onOversized(): void;
}

export class LineSplitter {
  /** The beginning of a line whose end has not come. Bytes, so that a character cut in two stays whole. */
  private pieces: Buffer[] = [];
  private bytes = 0;
  private skipping = false;

  constructor(private readonly options: LineSplitterOptions) {}

  push(chunk: Buffer): void {
    let start = 0;
    if (this.skipping || this.bytes > 0) {
      const end = chunk.indexOf(LF);
      this.keep(end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) return;
      this.flush();
      start = end + 1;
    }
    const last = chunk.lastIndexOf(LF);
    if (last >= start) {
      for (const line of chunk.toString('utf8', start, last).split('\n')) this.emit(line);
      start = last + 1;
    }
    if (start < chunk.length) this.keep(chunk.subarray(start));
  }

  /** The stream is over: its last line may lack an end. */
  end(): void {
    this.flush();
  }

  private keep(piece: Buffer): void {
    if (this.skipping) return;
    this.bytes += piece.length;
    if (this.bytes > this.options.maxBytes) {
      this.skipping = true;
      this.pieces = [];
      this.options.onOversized();
    } else this.pieces.push(piece);
  }

  private flush(): void {
    const pieces = this.pieces;
    const skipped = this.skipping;
    this.pieces = [];
    this.bytes = 0;
    this.skipping = false;
    if (!skipped && pieces.length > 0) this.emit(Buffer.concat(pieces).toString('utf8'));
  }

  private emit(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text !== '') this.options.onLine(text);
  }
}
