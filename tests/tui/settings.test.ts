import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { themeFor } from '../../tui/draw/theme.js';
import { ItemLines } from '../../tui/items/index.js';
import { scrolledBy } from '../../tui/keyboard.js';
import { keyMap } from '../../tui/keys.js';
import { rebound } from '../../tui/rebind.js';
import { drawScreen } from '../../tui/screens/index.js';
import { DEFAULTS, readSettings, writeSettings } from '../../tui/settings.js';
import { Driver } from '../support/screen-driver.js';

describe('the file of the settings', () => {
  let home = '';
  const file = () => join(home, 'tui.json');
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pset-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('gives back what was written, and the defaults where there is none', () => {
    expect(readSettings(home)).toEqual({ settings: DEFAULTS, problem: null });
    const settings = { ...DEFAULTS, theme: 'light' as const, bell: false, keys: { quit: 'none' } };
    writeSettings(home, settings);
    expect(readSettings(home)).toEqual({ settings, problem: null });
  });

  it.each([
    ['{"theme": "pink"}', 'theme'],
    ['{"bel": true}', 'bel'],
    ['{', 'tui.json cannot be used'],
  ])('says what is wrong with %s and uses the defaults', (text, told) => {
    writeFileSync(file(), text);
    const { settings, problem } = readSettings(home);
    expect(settings).toEqual(DEFAULTS);
    expect(problem).toContain(told);
  });

  it('keeps a file that it could not read when it writes a new one', () => {
    writeFileSync(file(), 'by hand {');
    writeSettings(home, DEFAULTS);
    expect(readFileSync(`${file()}.bad`, 'utf8')).toBe('by hand {');
    expect(readSettings(home).problem).toBeNull();
    expect(existsSync(`${file()}.new`)).toBe(false);
  });
});

describe('the automatic theme', () => {
  const env = { TERM: 'xterm-256color' };

  it('follows the background that the terminal tells, and its own colours where it does not', () => {
    expect(themeFor(env, 'auto', true)).toBe(themeFor(env, 'light'));
    expect(themeFor(env, 'auto', false)).toBe(themeFor(env, 'dark'));
    expect(themeFor(env, 'auto', null)).toBe(themeFor(env, '16'));
  });

  it('asks no terminal of 16 colours for more, and gives none where none are wanted', () => {
    expect(themeFor({ TERM: 'xterm' }, 'auto', false)).toBe(themeFor(env, '16'));
    expect(themeFor({ ...env, NO_COLOR: '1' }, 'auto', false)).toBe(themeFor(env, 'none'));
  });
});

describe('other keys', () => {
  it('take the place of the given ones, and of whoever had them', () => {
    const { bindings, problems } = rebound({ sessions: 'ctrl+k', 'chat.back': ['f2', 'alt+q'] });
    const keys = keyMap(bindings);
    expect(problems).toEqual([]);
    expect(keys.commandFor(['everywhere'], 'ctrl+k')).toBe('sessions');
    expect(keys.commandFor(['everywhere'], 'ctrl+w')).toBeUndefined();
    expect(keys.commandFor(['chat'], 'f2')).toBe('back');
    expect(bindings.find((b) => b.command === 'palette')!.keys).toEqual([]);
  });

  it('scroll by the keys that were chosen, and by no others', () => {
    const d = new Driver();
    const by = (name: string) => scrolledBy(d.state, name, 20);
    expect(['pageup', 'pagedown', 'shift+up', 'shift+down', 'up'].map(by)).toEqual([-20, 20, -1, 1, null]);
    d.state = { ...d.state, keys: keyMap(rebound({ 'chat.pageUp': 'alt+up' }).bindings) };
    expect(['alt+up', 'pageup'].map(by)).toEqual([-20, null]);
    d.key('f1');
    expect(by('alt+up')).toBeNull();
  });

  it('may be none', () => {
    const keys = keyMap(rebound({ quit: 'none' }).bindings);
    expect(keys.commandFor(['everywhere'], 'ctrl+q')).toBeUndefined();
  });

  it.each([
    [{ nonsense: 'ctrl+x' }, 'nonsense is no command'],
    [{ quit: 'q' }, 'q is written there'],
    [{ quit: 'strg+q' }, 'strg+q is no key'],
    [{ allowOnce: 'y' }, 'stay as they are'],
  ])('are refused with a reason: %o', (wish, reason) => {
    expect(rebound(wish).problems[0]).toContain(reason);
  });
});

describe('the settings screen', () => {
  it('changes a value with Enter and the arrows and has it saved', () => {
    const d = new Driver();
    d.key('ctrl+s');
    d.key('right');
    expect(d.state.settings.theme).toBe('dark');
    d.key('left');
    d.key('left');
    expect(d.state.settings.theme).toBe('none');
    d.key('down');
    d.key('down');
    d.type(' ');
    expect(d.state.mouse).toBe(false);
    expect(d.effects).toContainEqual({ type: 'mouse', on: false });
    expect(d.effects.at(-2)).toEqual({ type: 'settings', settings: d.state.settings });
    d.key('escape');
    expect(d.state.overlay).toBeNull();
  });
});

describe('themes', () => {
  it('have no colour where NO_COLOR says so, whatever is chosen', () => {
    for (const chosen of ['auto', 'dark', 'light', '16', 'none'] as const)
      for (const look of Object.values(themeFor({ NO_COLOR: '1' }, chosen)))
        expect(look.fg ?? look.bg).toBeUndefined();
  });

  it('stay within 16 colours unless 256 are asked for', () => {
    for (const look of Object.values(themeFor({ TERM: 'xterm-256color' })))
      expect(Math.max(look.fg ?? 0, look.bg ?? 0)).toBeLessThan(16);
  });
});

describe('plain mode', () => {
  const shown = (d: Driver) => drawScreen(d.state, new ItemLines(() => 0), d.now);
  function plain(): Driver {
    const d = new Driver();
    d.state = { ...d.state, settings: { ...DEFAULTS, plain: true } };
    return d;
  }

  it('draws no frame, rail or mark, and one thing at a time', () => {
    const d = plain();
    d.event('session/update', {
      update: { sessionUpdate: 'tool_call', toolCallId: 't', title: 'Read notes', status: 'failed' },
    });
    for (const key of ['', 'ctrl+k', 'escape', 'f1', 'escape', 'escape']) {
      if (key !== '') d.key(key);
      const text = shown(d).lines.map(lineText).join('\n');
      expect(text).not.toMatch(/[─-◿✀-➿]/);
    }
    expect(shown(d).lines.map(lineText).join('\n')).not.toContain('Read notes');
  });

  it('puts the cursor on what is chosen', () => {
    const d = plain();
    d.key('escape');
    const { lines, cursor } = shown(d);
    expect(lineText(lines[cursor!.row]!).slice(cursor!.column)).toMatch(/^Demo agent/);
  });
});
