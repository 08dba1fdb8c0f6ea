/** The help: the keys of where one is first, then those that work everywhere, then all others. */
import { fitted, type Line, lineWidth, span, wrap } from '../draw/line.js';
import { type Binding, CONTEXTS, type Context, keyName, keyOf } from '../keys.js';
import type { Overlay, State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

/** Columns of the keys. */
const KEYS = 20;

const ways = (b: Binding): string =>
  [...b.keys.map(keyName), ...(b.slash === undefined ? [] : [`/${b.slash}`])].join(' ');

function section(state: State, context: Context, width: number): Line[] {
  return state.keys.bindings
    .filter((b) => b.in === context && (b.keys.length > 0 || b.slash !== undefined))
    .flatMap((binding) => {
      const all = wrap([span(ways(binding), 'key')], KEYS);
      const text = wrap([span(binding.help)], width - KEYS - 1);
      return Array.from({ length: Math.max(all.length, text.length) }, (_, i): Line => {
        const keys = fitted(all[i] ?? [], KEYS);
        return [...keys, span(' '.repeat(KEYS + 1 - lineWidth(keys))), ...(text[i] ?? [])];
      });
    });
}

export function helpBox(state: State, overlay: Extract<Overlay, { kind: 'help' }>): Box {
  const width = Math.min(state.columns - 4, 90);
  const inner = width - 4;
  const height = Math.max(4, state.rows - 6);
  const first: Context[] = [...overlay.here, 'everywhere'];
  const rest = (Object.keys(CONTEXTS) as Context[]).filter((c) => !first.includes(c) && c !== 'help');
  const content = [...first, ...rest].flatMap((context, i): Line[] => [
    ...(i > 0 ? [[]] : []),
    [span(overlay.here.includes(context) ? 'Here: ' : '', 'dim'), span(CONTEXTS[context], 'heading')],
    ...section(state, context, inner),
  ]);
  const top = Math.min(overlay.top, Math.max(0, content.length - height));
  const shown = content.slice(top, top + height);
  const more = content.length - top - shown.length;
  if (more > 0)
    shown[shown.length - 1] = [span(`${more + 1} more lines: ${keyOf(state.keys, 'next', 'help')}`, 'dim')];
  return { lines: framed('Keys', shown, width), width, cursor: null };
}
