/**
 * A terminal of xterm that is small while nothing happens: a node holds many, most of them idle. By itself one takes 130 KiB besides its
 * rows, for tables of handlers that are mostly empty, and 12 bytes for each cell of its rows, blank or not. This reaches into xterm's own
 * objects, by names that its exact version has; `tests/node-agent/small-xterm.test.ts` fails when another one has them no more.
 */
import xterm, { type ITerminalInitOnlyOptions, type ITerminalOptions } from '@xterm/headless';

export type Xterm = InstanceType<typeof xterm.Terminal>;

type Handlers = Record<string, unknown[]>;

/** Numbers of a row's cells, three for each: its character, foreground and background. A packed row has those up to its last cell that is not blank. */
interface Row {
  _data: Uint32Array;
  length: number;
  isWrapped: boolean;
  clone(): Row;
}

/** The tab stops of a terminal, by their columns. */
type Tabs = Record<number, boolean>;

interface XtermBuffer {
  lines: { length: number; get(index: number): Row | undefined; set(index: number, row: Row): void };
  tabs: Tabs;
}

/** What would be ended with a part of a terminal; some of it are parts themselves. */
interface Part {
  _store?: { _toDispose: Set<Part> };
}

interface Internals extends Part {
  _publicOptions: object;
  _core: Part & {
    optionsService: { options: object; rawOptions: object };
    buffers: Record<'normal' | 'alt', XtermBuffer>;
    _inputHandler: {
      _parseBuffer: Uint32Array;
      selectCharset(name: string): boolean;
      _parser: {
        _escHandlers: Handlers;
        _csiHandlers: Handlers;
        _oscParser: { _handlers: Handlers };
        identToString(id: number): string;
        setEscHandlerFallback(handler: (id: number) => void): void;
      };
    };
  };
}

/** Tab stops as they stood in terminals that were packed: a table of them is as long as a row, and most have the same. */
const packedTabs = new Map<string, Tabs>();

/** Different tab stops that are kept for sharing: a program that sets ever other ones has its own. */
const MAX_PACKED_TABS = 64;

/** Packed rows that are blank as a whole, by their length: one stands in all terminals. */
const blankRows = new Map<number, Row>();

/** Numbers of a cell. */
const CELL = 3;

/** The character of a blank cell: none, one column wide. */
const BLANK = 1 << 22;

/** `ESC ( B` and the like: the choice of a character set. */
const CHARSET = /^[()*+\-./].$/;

const NO_CELLS = new Uint32Array(0);

/** Where a chunk is decoded to before it is parsed, in the same go: one for all. */
const PARSE_BUFFER = new Uint32Array(4_096);

/** The escapes that choose a character set, by their ids in the parser: the same in all terminals. */
const charsets = new Set<number>();

/** Without the entries that are left out, and with lists that have no room for more. */
function trimmed(handlers: Handlers, leftOut: ReadonlySet<number> = new Set()): Handlers {
  const kept: Handlers = Object.create(null);
  for (const [id, list] of Object.entries(handlers)) if (!leftOut.has(Number(id))) kept[id] = list.slice();
  return kept;
}

/** Nobody disposes of a terminal: it goes as a whole, when nothing refers to it any more. */
function forgetEnds({ _store: ends }: Part): void {
  for (const part of ends?._toDispose ?? []) forgetEnds(part);
  ends?._toDispose.clear();
}

/** A terminal that does what one of xterm does, but that nobody is told when an option changes, and that is not to be disposed of. */
export function smallXterm(options: ITerminalOptions & ITerminalInitOnlyOptions): Xterm {
  const terminal = new xterm.Terminal(options);
  const internals = terminal as unknown as Internals;
  const { optionsService, _inputHandler: input } = internals._core;
  const { _parser: parser } = input;
  // In place of objects with two functions for each option.
  internals._publicOptions = optionsService.rawOptions;
  optionsService.options = optionsService.rawOptions;
  input._parseBuffer = PARSE_BUFFER;
  parser._csiHandlers = trimmed(parser._csiHandlers);
  parser._oscParser._handlers = trimmed(parser._oscParser._handlers);
  // In place of a function for each of them, which are half of all.
  const nameOf = (id: number) => parser.identToString(id);
  if (charsets.size === 0)
    for (const id of Object.keys(parser._escHandlers).map(Number))
      if (CHARSET.test(nameOf(id))) charsets.add(id);
  parser._escHandlers = trimmed(parser._escHandlers, charsets);
  parser.setEscHandlerFallback((id) => charsets.has(id) && input.selectCharset(nameOf(id)));
  forgetEnds(internals);
  forgetEnds(internals._core);
  return terminal;
}

function buffersOf(terminal: Xterm): XtermBuffer[] {
  const { normal, alt } = (terminal as unknown as Internals)._core.buffers;
  return [normal, alt];
}

const isBlank = (data: Uint32Array, at: number): boolean =>
  data[at] === BLANK && data[at + 1] === 0 && data[at + 2] === 0;

/** One table for all that have the same stops. */
function shared(tabs: Tabs): Tabs {
  const name = Object.keys(tabs).join();
  const known = packedTabs.get(name);
  if (known) return known;
  if (packedTabs.size >= MAX_PACKED_TABS) return tabs;
  packedTabs.set(name, tabs);
  return tabs;
}

/** Leaves out the blank cells at the ends of a row; one that is blank as a whole stands for all of its length. */
function packed(row: Row): Row {
  const data = row._data;
  let end = data.length;
  while (end > 0 && isBlank(data, end - CELL)) end -= CELL;
  if (end === data.length) return row;
  row._data = end === 0 ? NO_CELLS : data.slice(0, end);
  if (end > 0 || row.isWrapped) return row;
  const blank = blankRows.get(row.length) ?? row;
  blankRows.set(row.length, blank);
  return blank;
}

function unpacked(row: Row): Row {
  const size = row.length * CELL;
  if (row._data.length >= size) return row;
  const own = blankRows.get(row.length) === row ? row.clone() : row;
  const data = new Uint32Array(size);
  data.set(row._data);
  for (let at = row._data.length; at < size; at += CELL) data[at] = BLANK;
  own._data = data;
  return own;
}

function eachRow({ lines }: XtermBuffer, change: (row: Row) => Row): void {
  for (let y = 0; y < lines.length; y++) {
    const row = lines.get(y);
    if (row) lines.set(y, change(row));
  }
}

/** Gives back what says nothing: blank cells, blank rows, the usual tab stops. Nothing may look at the terminal or write until `unpack`. */
export function pack(terminal: Xterm): void {
  for (const buffer of buffersOf(terminal)) {
    buffer.tabs = shared(buffer.tabs);
    eachRow(buffer, packed);
  }
}

export function unpack(terminal: Xterm): void {
  for (const buffer of buffersOf(terminal)) {
    buffer.tabs = { ...buffer.tabs };
    eachRow(buffer, unpacked);
  }
}
