/** The settings (Ctrl+S). */
import { fitted, type Line, span, wrap } from '../draw/line.js';
import { PREFERENCES, wordsFor } from '../preferences.js';
import type { Overlay, State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

const FILE =
  'Kept in tui.json in the directory of Praxis ($PRAXIS_HOME). Other keys go there too: "keys": { "sessions": "ctrl+g", "chat.expand": "none" }.';

export function settingsBox(state: State, overlay: Extract<Overlay, { kind: 'settings' }>): Box {
  const width = Math.min(state.columns - 4, 84);
  const inner = width - 4;
  const names = Math.min(inner - 16, Math.max(...PREFERENCES.map((p) => p.name.length)));
  const rows = PREFERENCES.map((preference, i): Line => {
    const chosen = i === overlay.selected;
    return [
      span(chosen ? '▸ ' : '  ', 'accent'),
      ...fitted([span(preference.name, chosen ? 'strong' : 'text')], names),
      span('  '),
      span(wordsFor(state.settings, preference), chosen ? 'selected' : 'text'),
    ];
  });
  const content = [...rows, [], ...wrap([span(FILE, 'dim')], inner)];
  return { lines: framed('Settings', content, width), width, cursor: null, focus: overlay.selected + 1 };
}
