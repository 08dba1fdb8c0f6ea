import { beforeEach, describe, expect, it } from 'vitest';
import { isControlH } from '../../tui/erase.js';
import { InputDecoder, type InputEvent, PASTE_SILENCE_MS } from '../../tui/input.js';

let events: InputEvent[] = [];
let timer: (() => void) | null = null;
let wait = 0;
let decoder: InputDecoder;

beforeEach(() => {
  events = [];
  timer = null;
  decoder = new InputDecoder((event) => events.push(event), {
    set: (run, ms) => {
      timer = run;
      wait = ms;
      return run;
    },
    clear: () => {
      timer = null;
    },
  });
});

const feed = (...chunks: (string | Buffer)[]): InputEvent[] => {
  for (const chunk of chunks) decoder.write(Buffer.from(chunk));
  return events;
};
const key = (name: string): InputEvent => ({ type: 'key', name });

describe('input of a terminal', () => {
  it('reads the background that the terminal tells, also when the answer comes in pieces', () => {
    expect(feed('\x1b]11;rgb:ffff/fafa/f0f0\x1b\\')).toEqual([{ type: 'background', light: true }]);
    feed('\x1b]11;rgb:00');
    expect(timer).toBeNull();
    expect(feed('00/2b2b/3636\x07', 'x').slice(1)).toEqual([
      { type: 'background', light: false },
      { type: 'text', text: 'x' },
    ]);
  });

  it('takes 0x08 for Ctrl+H where Backspace sends something else, as the settings of the terminal tell', () => {
    expect(isControlH('intr = ^C; quit = ^\\; erase = ^?; kill = ^U;')).toBe(true);
    expect(isControlH('intr = ^C; quit = ^\\; erase = ^H; kill = ^U;')).toBe(false);
    decoder.controlH = true;
    expect(feed('\x08\x1b\x08\x7f')).toEqual([key('ctrl+h'), key('alt+backspace'), key('backspace')]);
  });

  it.each([
    ['Enter', '\r', 'enter'],
    ['Ctrl+J', '\n', 'ctrl+j'],
    ['Backspace', '\x7f', 'backspace'],
    ['Backspace of older terminals', '\x08', 'backspace'],
    ['Ctrl+W', '\x17', 'ctrl+w'],
    ['Ctrl+Alt+W', '\x1b\x17', 'ctrl+alt+w'],
    ["Ctrl+Alt+W in kitty's protocol", '\x1b[119;7u', 'ctrl+alt+w'],
    ['Ctrl+C in kitty’s protocol', '\x1b[99;5u', 'ctrl+c'],
    ['Escape in kitty’s protocol', '\x1b[27u', 'escape'],
    ['Shift+Enter', '\x1b[13;2u', 'shift+enter'],
    ['Shift+Enter of xterm', '\x1b[27;2;13~', 'shift+enter'],
    ['Alt+Enter', '\x1b\r', 'alt+enter'],
    ['Alt+B', '\x1bb', 'alt+b'],
    ['an arrow', '\x1b[A', 'up'],
    ['an arrow in application mode', '\x1bOB', 'down'],
    ['Ctrl+Right', '\x1b[1;5C', 'ctrl+right'],
    ['Shift+Tab', '\x1b[Z', 'shift+tab'],
    ['PgUp', '\x1b[5~', 'pageup'],
    ['Del', '\x1b[3~', 'delete'],
    ['F1', '\x1bOP', 'f1'],
    ['Home', '\x1b[H', 'home'],
  ])('knows %s', (_, bytes, name) => {
    expect(feed(bytes)).toEqual([key(name)]);
  });

  it('takes a lone ESC for the key once nothing follows', () => {
    expect(feed('\x1b')).toEqual([]);
    timer!();
    expect(events).toEqual([key('escape')]);
  });

  it('takes text that came together as one event, and characters that were cut in the middle whole', () => {
    const bytes = Buffer.from('grüße 你好 👍');
    expect(
      feed(bytes.subarray(0, 3), bytes.subarray(3, 9), bytes.subarray(9))
        .map((e) => (e.type === 'text' ? e.text : '?'))
        .join(''),
    ).toBe('grüße 你好 👍');
  });

  it('delivers a paste as one event, exactly, wherever it was cut', () => {
    const text = 'first\tline\nsecond \x1b[31m line\n你好 \x1b[20 end\n';
    const bytes = Buffer.from(`\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~x`);
    for (let size = 1; size < 12; size++) {
      events = [];
      for (let at = 0; at < bytes.length; at += size) decoder.write(bytes.subarray(at, at + size));
      expect(events).toEqual([
        { type: 'paste', text },
        { type: 'text', text: 'x' },
      ]);
    }
  });

  describe('a paste whose end mark never comes', () => {
    const pasted = (text: string): InputEvent => ({ type: 'paste', text });
    /** Time passes: what waits behind a busy program is read once more, then nothing came. */
    const silence = (): void => {
      expect(wait).toBe(PASTE_SILENCE_MS);
      timer!();
      timer!();
    };

    it('is pasted after a silence, and the keys are keys again', () => {
      feed('\x1b[200~rm -rf build\rmake', ' all\r');
      expect(events).toEqual([]);
      silence();
      expect(events).toEqual([pasted('rm -rf build\nmake all\n')]);
      expect(feed('\r', '\x03').slice(1)).toEqual([key('enter'), key('ctrl+c')]);
    });

    it('waits on while bytes come, and for those that came while the program was busy', () => {
      feed('\x1b[200~one');
      const first = timer;
      feed(' two');
      expect(timer).not.toBe(first);
      // The silence is over, but the end lies in the kernel's buffer: it is read before the second look.
      timer!();
      expect(feed(' three\x1b[201~', 'x')).toEqual([pasted('one two three'), { type: 'text', text: 'x' }]);
      expect(timer).toBeNull();
    });

    it.each([
      ['with its end mark', ['q\rd\r\x1b[201~'], ['q\nd\n']],
      ['in one long piece', [`${'y\r'.repeat(40)}`, 'd\x1b[201~'], [`${'y\n'.repeat(40)}d`]],
      ['as its end mark alone', ['\x1b[201~'], []],
    ])('takes no key from what comes of it later, %s', (_, late, rest) => {
      feed('\x1b[200~begun ');
      silence();
      feed(...late);
      expect(events).toEqual([pasted('begun '), ...rest.map(pasted)]);
      expect(feed('\r').at(-1)).toEqual(key('enter'));
    });

    it('knows its end mark when the silence cut that in two', () => {
      feed('\x1b[200~begun\x1b[20');
      silence();
      feed('1~', 'y');
      expect(events).toEqual([pasted('begun\x1b[20'), { type: 'text', text: 'y' }]);
    });

    it('keeps a later paste apart', () => {
      feed('\x1b[200~begun');
      silence();
      expect(feed('\x1b[200~whole\x1b[201~').slice(1)).toEqual([pasted('whole')]);
    });
  });

  it('reports the wheel, the left button and the focus', () => {
    expect(feed('\x1b[<64;10;5M\x1b[<0;3;4M\x1b[<32;4;4M\x1b[<0;4;4m\x1b[I\x1b[O')).toEqual([
      { type: 'wheel', direction: -1, column: 9, row: 4 },
      { type: 'press', column: 2, row: 3 },
      { type: 'drag', column: 3, row: 3 },
      { type: 'release', column: 3, row: 3 },
      { type: 'focus', focused: true },
      { type: 'focus', focused: false },
    ]);
  });

  it('drops answers of the terminal and keys that it does not know, and types nothing of them', () => {
    expect(feed('\x1b[?62;22c\x1b]10;rgb:0000/0000/0000\x07\x1b[57358u\x1b[99~a')).toEqual([
      { type: 'text', text: 'a' },
    ]);
  });
});
