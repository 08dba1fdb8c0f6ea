/** The small terminal draws what one of xterm draws, also when its rows were packed in between: over screens of real programs, and more. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { pack, smallXterm, unpack, type Xterm } from '../../node-agent/host/small-xterm.js';
import { packageRoot } from '../../proto/index.js';

const OPTIONS = { cols: 60, rows: 12, scrollback: 20, allowProposedApi: true, logLevel: 'off' } as const;

/** What the recorded programs wrote to their terminals, a chunk each. */
const recorded = ['claude-code', 'codex', 'pty'].flatMap((id) => {
  const folder = join(packageRoot, 'connectors', id, 'examples');
  return readdirSync(folder).flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
    const chunks = lines.flatMap((line) => (JSON.parse(line) as { out?: string }).out ?? []);
    return chunks.length > 0 ? [[`${id}/${name}`, chunks] as const] : [];
  });
});

const made: [string, string[]][] = [
  ['graphic characters', ['\x1b(0lqk\r\nx x\x1b(B plain\r\n', '\x1b)0\x0eqqq\x0fqqq', '\x1b(Zunknown\x1b(B']],
  ['wide and combined characters', ['你好 👍 e\u0301', '\r\n\x1b[4;58H你好', '\x1b[A\x1b[2Cx']],
  ['colours to the end of a row', ['\x1b[44mblue\x1b[K\r\n\x1b[31;1mred', '\x1b[2;3H\x1b[1P\x1b[3@']],
  ['lines that are wrapped and scroll', ['x'.repeat(200), '\r\n'.repeat(40), 'last']],
  ['the alternate screen', ['normal', '\x1b[?1049h\x1b[2Jother\x1b[5;5Hthere', '\x1b[?1049l again']],
  ['a scroll region', ['\x1b[2;6rone\r\ntwo', '\x1b[6;1H\n\n\x1bM', '\x1b[r\x1b[3L']],
  ['tab stops of its own', ['\x1b[3g\x1b[1;4H\x1bH\x1b[1;20H\x1bH\r', '\ta\tb', '\r\n\x1b[2;4H\x1b[0g\r\tc']],
  ['modes', ['\x1b[?2004h\x1b[?1h\x1b[20h\nnew line', '\x1bc after a reset']],
];

function drawn(terminal: Xterm): unknown {
  const cell = terminal.buffer.active.getNullCell();
  const rows = (['normal', 'alternate'] as const).map((name) => {
    const buffer = terminal.buffer[name];
    return Array.from({ length: buffer.length }, (_, y) => {
      const line = buffer.getLine(y)!;
      const cells = Array.from({ length: line.length }, (_, x) => {
        line.getCell(x, cell);
        return [
          cell.getChars(),
          cell.getWidth(),
          cell.getFgColor(),
          cell.getBgColor(),
          cell.isBold(),
          cell.isInverse(),
        ];
      });
      return { isWrapped: line.isWrapped, cells };
    });
  });
  const { active } = terminal.buffer;
  const { type, cursorX, cursorY, baseY } = active;
  return { rows, type, cursorX, cursorY, baseY, modes: terminal.modes };
}

const write = (terminal: Xterm, text: string) =>
  new Promise<void>((resolve) => terminal.write(text, resolve));

describe('a small terminal', () => {
  it.each([...made, ...recorded])('draws %s as xterm does', async (_name, chunks) => {
    const [whole, small] = [new xterm.Terminal(OPTIONS), smallXterm(OPTIONS)];
    for (const [i, chunk] of chunks.entries()) {
      if (i === 1) for (const terminal of [whole, small]) terminal.resize(50, 14);
      await write(whole, chunk);
      await write(small, chunk);
      pack(small);
      unpack(small);
      expect(drawn(small)).toEqual(drawn(whole));
    }
  });

  it('has rows that take no room where they are blank', async () => {
    const small = smallXterm(OPTIONS);
    await write(small, 'twelve cells');
    pack(small);
    const { lines } = (small as unknown as { _core: { buffers: { normal: { lines: Lines } } } })._core.buffers
      .normal;
    const sizes = Array.from({ length: lines.length }, (_, y) => lines.get(y)._data.length);
    expect(sizes).toEqual([12 * 3, ...Array(OPTIONS.rows - 1).fill(0)]);
  });

  it('holds nothing for its end', () => {
    type Ends = { _store: { _toDispose: Set<unknown> } };
    const { _core } = smallXterm(OPTIONS) as unknown as { _core: Ends & { _inputHandler: Ends } };
    for (const { _store } of [_core, _core._inputHandler]) expect(_store._toDispose.size).toBe(0);
  });

  it('shares its tab stops at rest only', async () => {
    const [first, second] = [smallXterm(OPTIONS), smallXterm(OPTIONS)];
    const tabs = (terminal: Xterm) =>
      (terminal as unknown as { _core: { buffers: { normal: { tabs: object } } } })._core.buffers.normal.tabs;
    for (const terminal of [first, second]) pack(terminal);
    expect(tabs(first)).toBe(tabs(second));
    unpack(first);
    await write(first, '\x1b[3g');
    unpack(second);
    await write(second, '\tx');
    expect(second.buffer.active.cursorX).toBe(9);
  });
});

interface Lines {
  length: number;
  get(y: number): { _data: Uint32Array };
}
