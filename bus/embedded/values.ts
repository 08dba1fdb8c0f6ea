/** The primitive values of AMQP 0-9-1 (section 4.2.5, with RabbitMQ's field types), read and written at a moving offset. */

export type FieldValue = string | number | boolean | null | Buffer | FieldValue[] | Table;
export interface Table {
  [name: string]: FieldValue;
}

/** Tables inside tables. Deeper ones are malformed: nobody means them. */
const MAX_DEPTH = 32;

/** The bytes are no value of the type that stands here. */
export class Malformed extends Error {}

export class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at = 0,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  #advance(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw new Malformed('a value ends behind its frame');
    this.at = start + count;
    return start;
  }

  octet(): number {
    return this.bytes[this.#advance(1)]!;
  }
  short(): number {
    return this.bytes.readUInt16BE(this.#advance(2));
  }
  long(): number {
    return this.bytes.readUInt32BE(this.#advance(4));
  }
  /** Exact up to 2^53; what counts that far (delivery tags, sizes) never gets there. */
  longlong(): number {
    const high = this.long();
    return high * 0x1_0000_0000 + this.long();
  }
  shortstr(): string {
    return this.#text(this.octet());
  }
  longstr(): string {
    return this.#text(this.long());
  }
  bytesOf(count: number): Buffer {
    const start = this.#advance(count);
    return this.bytes.subarray(start, start + count);
  }

  #text(length: number): string {
    const start = this.#advance(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  table(depth = 0): Table {
    const end = this.#endOf(this.long(), depth);
    // Without a prototype: a peer chooses the names.
    const table: Table = Object.create(null);
    while (this.at < end) table[this.shortstr()] = this.#field(depth);
    this.#mustBeAt(end);
    return table;
  }

  #array(depth: number): FieldValue[] {
    const end = this.#endOf(this.long(), depth);
    const items: FieldValue[] = [];
    while (this.at < end) items.push(this.#field(depth));
    this.#mustBeAt(end);
    return items;
  }

  #endOf(length: number, depth: number): number {
    if (length > this.left) throw new Malformed('a table ends behind its frame');
    if (depth > MAX_DEPTH) throw new Malformed('tables nest too deep');
    return this.at + length;
  }

  #mustBeAt(end: number): void {
    if (this.at !== end) throw new Malformed('a field ends behind its table');
  }

  #field(depth: number): FieldValue {
    const type = String.fromCharCode(this.octet());
    switch (type) {
      case 't':
        return this.octet() !== 0;
      case 'b':
        return this.bytes.readInt8(this.#advance(1));
      case 'B':
        return this.octet();
      case 's':
        return this.bytes.readInt16BE(this.#advance(2));
      case 'u':
        return this.short();
      case 'I':
        return this.bytes.readInt32BE(this.#advance(4));
      case 'i':
        return this.long();
      case 'l':
        return Number(this.bytes.readBigInt64BE(this.#advance(8)));
      case 'T':
        return this.longlong();
      case 'f':
        return this.bytes.readFloatBE(this.#advance(4));
      case 'd':
        return this.bytes.readDoubleBE(this.#advance(8));
      case 'D': {
        const scale = this.octet();
        return this.bytes.readInt32BE(this.#advance(4)) / 10 ** scale;
      }
      case 'S':
        return this.longstr();
      case 'x':
        return this.bytesOf(this.long());
      case 'A':
        return this.#array(depth + 1);
      case 'F':
        return this.table(depth + 1);
      case 'V':
        return null;
      default:
        throw new Malformed('a field has no known type');
    }
  }
}

/** Writes into a buffer of its own, which is used again for the next frame: copy what must stay. */
export class Writer {
  bytes = Buffer.allocUnsafe(4_096);
  at = 0;

  #room(count: number): number {
    const start = this.at;
    const needed = start + count;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
      this.bytes.copy(larger, 0, 0, start);
      this.bytes = larger;
    }
    this.at = needed;
    return start;
  }

  // The place is made first, in a statement of its own: making it may replace `bytes`.
  octet = (value: number): void => {
    const start = this.#room(1);
    this.bytes[start] = value;
  };
  short = (value: number): void => {
    const start = this.#room(2);
    this.bytes.writeUInt16BE(value, start);
  };
  long = (value: number): void => {
    const start = this.#room(4);
    this.bytes.writeUInt32BE(value, start);
  };
  longlong = (value: number): void => {
    this.long(Math.floor(value / 0x1_0000_0000));
    this.long(value % 0x1_0000_0000);
  };
  shortstr = (value: string): void => {
    const length = Buffer.byteLength(value);
    this.octet(length);
    this.#text(value, length);
  };
  longstr = (value: string): void => {
    const length = Buffer.byteLength(value);
    this.long(length);
    this.#text(value, length);
  };
  raw = (value: Buffer): void => {
    const start = this.#room(value.length);
    value.copy(this.bytes, start);
  };

  #text(value: string, length: number): void {
    const start = this.#room(length);
    this.bytes.write(value, start);
  }

  /** What the broker itself says in tables: texts, truths, and tables of them. */
  table = (value: Table): void => {
    const start = this.#room(4);
    for (const [name, field] of Object.entries(value)) {
      this.shortstr(name);
      if (typeof field === 'boolean') {
        this.octet(0x74);
        this.octet(field ? 1 : 0);
      } else if (
        typeof field === 'object' &&
        field !== null &&
        !Array.isArray(field) &&
        !Buffer.isBuffer(field)
      ) {
        this.octet(0x46);
        this.table(field);
      } else {
        this.octet(0x53);
        this.longstr(String(field));
      }
    }
    this.bytes.writeUInt32BE(this.at - start - 4, start);
  };
}
