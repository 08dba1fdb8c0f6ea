/** The settings (Ctrl+S) and the windows that are not there yet. */
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

const SOON = {
  operations: [
    'Operations',
    'Here you will see what runs for a long time on your nodes, such as installing an agent or a search over all transcripts, with its progress and its log. It is not built yet.',
  ],
  orchestrator: [
    'Orchestrator',
    'Here you will give one task to several agents, watch who works on which part, and gather what they made. It is not built yet.',
  ],
} as const;

export function soonBox(state: State, { what }: Extract<Overlay, { kind: 'soon' }>): Box {
  const width = Math.min(state.columns - 4, 66);
  const [title, text] = SOON[what];
  return { lines: framed(title, wrap([span(text)], width - 4), width), width, cursor: null };
}
