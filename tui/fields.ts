/** The one line of text that an overlay or a search lets a person write. */

import { withCurrent } from './change.js';
import type { Editor } from './editor.js';
import { formField, withFormField } from './form.js';
import { searched } from './search.js';
import { writtenField } from './start-form.js';
import { currentChat, type State, withChosenSession } from './state.js';

const searchOf = (state: State) => (state.focus === 'chat' ? currentChat(state)?.search : null);

/** The field that has the keys; null when letters are written elsewhere, or nowhere. */
export function fieldOf(state: State): Editor | null {
  const { overlay } = state;
  if (!overlay) {
    const search = searchOf(state);
    return search?.typing ? search.query : null;
  }
  switch (overlay.kind) {
    case 'start':
      return writtenField(overlay);
    case 'nodes':
    case 'sessions':
      return overlay.filtering ? overlay.filter : null;
    case 'pick':
      return overlay.filter;
    case 'rename':
      return overlay.name;
    case 'form':
      return formField(overlay);
    default:
      return null;
  }
}

/** The state with `field` changed; what depended on its text begins anew. */
export function withField(state: State, field: Editor): State {
  const { overlay } = state;
  if (!overlay)
    return withCurrent(state, (c) => ({ search: c.search && searched(c, { ...c.search, query: field }) }));
  switch (overlay.kind) {
    case 'start':
      if (overlay.field === 'timeout')
        return { ...state, overlay: { ...overlay, timeout: field, error: null } };
      return {
        ...state,
        overlay: { ...overlay, field: 'cwd', cwd: field, error: null, touched: true, pick: null },
      };
    case 'nodes':
      return { ...state, overlay: { ...overlay, filter: field, selected: null } };
    case 'sessions':
      return withChosenSession({ ...state, overlay: { ...overlay, filter: field, selected: null } });
    case 'rename':
      return { ...state, overlay: { ...overlay, name: field } };
    case 'form':
      return { ...state, overlay: withFormField(overlay, field) };
    case 'pick':
      return { ...state, overlay: { ...overlay, filter: field, selected: null } };
    default:
      return state;
  }
}
