/**
 * Turns the bytes of a terminal into events, in front of blessed, which knows neither bracketed paste nor Ctrl+Alt keys nor Shift+Enter.
 * A paste is one event and arrives exactly, whatever its size and however it was cut; what is no key is dropped, never typed.
 * A paste whose end never comes does not keep the keyboard: what came of it is pasted, and what comes of it later is pasted too.
 */
import { StringDecoder } from 'node:string_decoder';

export type InputEvent =
  /** `name` is `[ctrl+][alt+][shift+]` and a key: a letter, `enter`, `up`, `f1`, ... */
  | { type: 'key'; name: string }
  /** Printable characters, typed. */
  | { type: 'text'; text: string }
  /** Line ends are line feeds. */
  | { type: 'paste'; text: string }
  | { type: 'wheel'; direction: -1 | 1; column: number; row: number }
  /** The left button: down, moved while down, up. */
  | { type: 'press' | 'drag' | 'release'; column: number; row: number }
  | { type: 'focus'; focused: boolean }
  /** The terminal told its background, as BACKGROUND_ASKED asks. */
  | { type: 'background'; light: boolean };

/**
 * Keeps the title of the terminal (xterm's stack of titles), lets no row run over into the next one (DECAWM) where a character is
 * wider than it should be, asks for bracketed paste, mouse buttons and wheel (SGR), focus reports, and
 * unambiguous keys (kitty's protocol, else xterm's).
 */
export const MODES_ON = '\x1b[22;2t\x1b[?7l\x1b[?2004h\x1b[?1004h\x1b[>4;1m\x1b[>1u';
export const MODES_OFF = '\x1b[<u\x1b[>4;0m\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[23;2t';
export const MOUSE_ON = '\x1b[?1002h\x1b[?1006h';
export const MOUSE_OFF = '\x1b[?1006l\x1b[?1002l';

/** Asks for the colour of the background (xterm's OSC 11). Terminals that do not know it say nothing. */
export const BACKGROUND_ASKED = '\x1b]11;?\x1b\\';

/** Whether the answer to that is a light colour; null: it is another answer. */
function isLight(answer: string): boolean | null {
  const match = /\]11;rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i.exec(answer);
  if (!match) return null;
  const [r, g, b] = match.slice(1).map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1));
  // Relative luminance, near enough: https://www.itu.int/rec/R-REC-BT.601
  return 0.299 * r! + 0.587 * g! + 0.114 * b! > 0.5;
}

/** Characters of an answer of the terminal that is waited for; then it is no answer. */
const MAX_ANSWER = 4_096;

/** Milliseconds after which a lone ESC is the Escape key and not the start of a sequence. */
const ESCAPE_MS = 40;

/** Milliseconds of silence after which a paste has ended without its mark: a terminal or a line that died sends none. */
export const PASTE_SILENCE_MS = 1_000;

/** Characters in one piece that nobody types: after such a silence they are the rest of the paste. */
const TYPED_AT_ONCE = 32;

const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

const LETTERS: Record<string, string> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'shift+tab',
};
const NUMBERS: Record<number, string> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
};
const CODES: Record<number, string> = {
  8: 'backspace',
  9: 'tab',
  13: 'enter',
  27: 'escape',
  32: 'space',
  127: 'backspace',
};

/** xterm's modifier parameter: 1 + shift 1, alt 2, ctrl 4. */
function modified(key: string, modifier: number): string {
  const bits = Math.max(0, modifier - 1);
  return `${bits & 4 ? 'ctrl+' : ''}${bits & 2 ? 'alt+' : ''}${bits & 1 ? 'shift+' : ''}${key}`;
}

export interface InputTimers {
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

export class InputDecoder {
  readonly #decoder = new StringDecoder('utf8');
  readonly #emit: (event: InputEvent) => void;
  readonly #timers: InputTimers;
  /** 0x08 is Ctrl+H; otherwise it is the Backspace of older terminals. */
  controlH = false;
  #rest = '';
  #paste: string[] | null = null;
  /** A paste ended without its mark; these last characters of it could have been the beginning of the mark. */
  #cut: string | null = null;
  #timer: unknown;

  constructor(emit: (event: InputEvent) => void, timers: InputTimers) {
    this.#emit = emit;
    this.#timers = timers;
  }

  write(chunk: Buffer): void {
    this.#timers.clear(this.#timer);
    this.#rest += this.#resumed(this.#decoder.write(chunk));
    while (this.#rest !== '' && (this.#paste ? this.#readPaste() : this.#readOne()));
    // An answer of the terminal is waited for: cut by a slow line, its end must not be taken for typed text.
    const isAnswer = /^\x1b\]\d+;/.test(this.#rest) && this.#rest.length < MAX_ANSWER;
    if (this.#paste !== null) this.#timer = this.#timers.set(() => this.#silent(), PASTE_SILENCE_MS);
    else if (this.#rest.startsWith('\x1b') && !isAnswer)
      this.#timer = this.#timers.set(() => this.#escape(), ESCAPE_MS);
  }

  /** Nothing more came of a paste. What waits behind a program that was busy for so long is read before that counts. */
  #silent(): void {
    this.#timer = this.#timers.set(() => {
      this.#cut = this.#rest;
      this.#pasted(this.#take(this.#rest.length));
    }, 0);
  }

  /** `text`, behind a paste that ended without its mark: the rest of the paste is pasted, and none of it is a key. */
  #resumed(text: string): string {
    const cut = this.#cut;
    if (cut === null || text === '') return text;
    this.#cut = null;
    const all = cut + text;
    const end = all.indexOf(PASTE_END);
    const begin = all.indexOf(PASTE_BEGIN);
    const isEnded = end >= 0 && (begin < 0 || end < begin);
    if (!isEnded && (text.startsWith('\x1b') || text.length <= TYPED_AT_ONCE)) return text;
    this.#paste = [];
    // The mark that was cut in two: its first half was taken for text.
    if (isEnded && end < cut.length) return PASTE_END + all.slice(end + PASTE_END.length);
    return text;
  }

  /** Nothing followed the ESC in time: it was the key, and what stands behind it is typed. */
  #escape(): void {
    const rest = this.#rest.slice(1);
    this.#rest = '';
    this.#key('escape');
    // The remains of a cut-off sequence are no text.
    if (rest !== '' && !/^[[O\]]/.test(rest)) this.write(Buffer.from(rest));
  }

  #key(name: string): true {
    this.#emit({ type: 'key', name });
    return true;
  }

  #take(length: number): string {
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }

  #readPaste(): boolean {
    const end = this.#rest.indexOf(PASTE_END);
    if (end < 0) {
      // Keep what could be the beginning of the end mark for the next chunk.
      const keep = this.#rest.lastIndexOf('\x1b', this.#rest.length - 1);
      const safe = keep >= 0 && this.#rest.length - keep < PASTE_END.length ? keep : this.#rest.length;
      this.#paste!.push(this.#take(safe));
      return false;
    }
    const last = this.#take(end);
    this.#take(PASTE_END.length);
    this.#pasted(last);
    return true;
  }

  /** The paste ends with `last`. */
  #pasted(last: string): void {
    const text = [...this.#paste!, last].join('').replace(/\r\n?/g, '\n');
    this.#paste = null;
    if (text !== '') this.#emit({ type: 'paste', text });
  }

  /** Reads one event off the rest; false when it is not whole yet. */
  #readOne(): boolean {
    const text = /^[^\x00-\x1f\x7f-\x9f]+/.exec(this.#rest)?.[0];
    if (text !== undefined) {
      this.#take(text.length);
      this.#emit({ type: 'text', text });
      return true;
    }
    const c = this.#rest[0]!;
    if (c !== '\x1b') {
      this.#take(1);
      return this.#control(c, '');
    }
    if (this.#rest.length === 1) return false;
    const next = this.#rest[1]!;
    if (next === '[') return this.#csi();
    if (next === 'O') {
      if (this.#rest.length === 2) return false;
      const key = LETTERS[this.#take(3)[2]!];
      return key === undefined ? true : this.#key(key);
    }
    if (next === ']' || next === 'P' || next === '_') {
      // An answer of the terminal to a question: not for us.
      const answer = /^\x1b[\]P_][^\x07\x1b]*(?:\x07|\x1b\\)/.exec(this.#rest)?.[0];
      if (answer === undefined) return false;
      this.#take(answer.length);
      const light = isLight(answer);
      if (light !== null) this.#emit({ type: 'background', light });
      return true;
    }
    this.#take(1);
    if (next === '\x1b') return this.#key('escape');
    if (next < ' ' || next === '\x7f') {
      this.#take(1);
      return this.#control(next, 'alt+');
    }
    const [char] = this.#rest;
    this.#take(char!.length);
    return this.#key(`alt+${char}`);
  }

  /** A C0 control character as its key. */
  #control(c: string, prefix: string): true {
    const code = c.charCodeAt(0);
    if (code === 8 && prefix === '' && this.controlH) return this.#key('ctrl+h');
    if (code in CODES) return this.#key(prefix + CODES[code]);
    if (code === 0) return this.#key(`ctrl+${prefix}space`);
    if (code <= 26) return this.#key(`ctrl+${prefix}${String.fromCharCode(code + 96)}`);
    if (code < 32) return this.#key(`ctrl+${prefix}${String.fromCharCode(code + 64)}`);
    return true;
  }

  #csi(): boolean {
    const match = /^\x1b\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])/.exec(this.#rest);
    if (!match) {
      if (/^\x1b\[[<=>?]?[0-9;:]*[ -/]*$/.test(this.#rest)) return false;
      this.#take(2);
      return true;
    }
    const [whole, mark, parameters, , final] = match;
    this.#take(whole!.length);
    const numbers = parameters!.split(';').map((p) => Number.parseInt(p, 10) || 0);
    if (mark === '<' && (final === 'M' || final === 'm')) return this.#mouse(numbers, final === 'M');
    if (mark !== '') return true;
    return this.#sequence(final!, numbers);
  }

  #sequence(final: string, numbers: number[]): true {
    const [first = 0, modifier = 1] = numbers;
    if (final === '~') {
      if (first === 200) {
        this.#paste = [];
        return true;
      }
      if (first === 27) return this.#code(numbers[2] ?? 0, modifier);
      const key = NUMBERS[first];
      return key === undefined ? true : this.#key(modified(key, modifier));
    }
    if (final === 'u') return this.#code(first, modifier);
    if (final === 'I' || final === 'O') {
      this.#emit({ type: 'focus', focused: final === 'I' });
      return true;
    }
    const key = LETTERS[final];
    return key === undefined ? true : this.#key(modified(key, modifier));
  }

  /** A key by its code point, as kitty's protocol and modifyOtherKeys give it. */
  #code(code: number, modifier: number): true {
    const named = CODES[code];
    if (named !== undefined) {
      if (named === 'space' && modifier <= 2) this.#emit({ type: 'text', text: ' ' });
      else this.#key(modified(named, modifier));
      return true;
    }
    // Private use: keys that have no character.
    if (code < 32 || (code >= 0xe000 && code <= 0xf8ff) || code > 0x10ffff) return true;
    const char = String.fromCodePoint(code);
    if (modifier <= 2) {
      this.#emit({ type: 'text', text: modifier === 2 ? char.toUpperCase() : char });
      return true;
    }
    return this.#key(modified(char.toLowerCase(), modifier));
  }

  #mouse([button = 0, column = 1, row = 1]: number[], pressed: boolean): true {
    const at = { column: column - 1, row: row - 1 };
    if (button === 0) this.#emit({ type: pressed ? 'press' : 'release', ...at });
    else if (button === 32) this.#emit({ type: 'drag', ...at });
    else if (pressed && (button === 64 || button === 65))
      this.#emit({ type: 'wheel', direction: button === 64 ? -1 : 1, ...at });
    return true;
  }
}
