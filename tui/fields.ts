/** The one line of text that an overlay lets a person write. */
import type { Editor } from './editor.js';
import type { Overlay, State } from './state.js';

/** The field of `overlay` that has the keys; null when letters are not written there. */
export function fieldOf(overlay: Overlay | null): Editor | null {
  switch (overlay?.kind) {
    case 'start':
      return overlay.cwd;
    case 'sessions':
      return overlay.filtering ? overlay.filter : null;
    case 'pick':
      return overlay.filter;
    default:
      return null;
  }
}

/** The state with `field` changed; what depended on its text begins anew. */
export function withField(state: State, field: Editor): State {
  const { overlay } = state;
  switch (overlay?.kind) {
    case 'start':
      return { ...state, overlay: { ...overlay, field: 'cwd', cwd: field, error: null } };
    case 'sessions':
      return { ...state, overlay: { ...overlay, filter: field, selected: null } };
    case 'pick':
      return { ...state, overlay: { ...overlay, filter: field, selected: 0 } };
    default:
      return state;
  }
}
