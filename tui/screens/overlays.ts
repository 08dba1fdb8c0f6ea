/** What is drawn over the screen: live sessions, the start form, the help. */
import type { State } from '../state.js';
import type { Box } from './box.js';
import { formBox } from './form.js';
import { helpBox } from './help.js';
import { inboxBox } from './inbox.js';
import { nodesBox } from './nodes.js';
import { pickBox } from './pick.js';
import { questionBox } from './question.js';
import { renameBox } from './rename.js';
import { statusBox } from './session-status.js';
import { sessionsBox } from './sessions.js';
import { settingsBox } from './settings.js';
import { startBox } from './start.js';

export function overlayBox(state: State, now: number): Box | null {
  switch (state.overlay?.kind) {
    case 'help':
      return helpBox(state, state.overlay);
    case 'start':
      return startBox(state, state.overlay);
    case 'sessions':
      return sessionsBox(state, state.overlay, now);
    case 'pick':
      return pickBox(state, state.overlay);
    case 'rename':
      return renameBox(state, state.overlay);
    case 'nodes':
      return nodesBox(state, state.overlay, now);
    case 'inbox':
      return inboxBox(state, state.overlay, now);
    case 'form':
      return formBox(state, state.overlay);
    case 'question':
      return questionBox(state, state.overlay, now);
    case 'settings':
      return settingsBox(state, state.overlay);
    case 'status':
      return statusBox(state, now);
    default:
      return null;
  }
}
