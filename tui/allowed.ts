/** Which keys matter now, and why a command cannot act: a key that does nothing says so. */

import { isFoldable } from './browse.js';
import { lastAnswer, lastCode } from './copy.js';
import { canChoose, formField } from './form.js';
import { chosenQuestion, itemOf } from './inbox.js';
import { type Command, type Context, keyOf } from './keys.js';
import { popupOf, slashBinding } from './popup.js';
import { writtenField } from './start-form.js';
import { currentChat, openQuestion, recallable, type State } from './state.js';

/** Who gets a key, the nearest first. */
export function contextsOf(state: State): Context[] {
  const { overlay } = state;
  if (overlay?.kind === 'help') return ['help', 'everywhere'];
  if (overlay?.kind === 'start') return ['start', 'everywhere'];
  if (overlay?.kind === 'question') return ['full', 'question', 'everywhere'];
  if (overlay?.kind === 'nodes')
    return overlay.filtering ? ['nodesFilter', 'everywhere'] : ['nodes', 'everywhere'];
  if (overlay?.kind === 'form') return ['fields', 'everywhere'];
  if (overlay?.kind === 'inbox')
    return formInInbox(state) ? ['inbox', 'everywhere'] : ['inbox', 'question', 'everywhere'];
  if (overlay?.kind === 'rename') return ['rename', 'everywhere'];
  if (overlay?.kind === 'pick') return ['pick', 'everywhere'];
  if (overlay?.kind === 'status' || overlay?.kind === 'settings') return [overlay.kind, 'everywhere'];
  if (overlay?.kind === 'sessions') {
    if (overlay.confirm !== null) return ['confirm', 'everywhere'];
    return overlay.filtering ? ['filter', 'everywhere'] : ['sessions', 'everywhere'];
  }
  if (state.focus === 'list') return ['list', 'everywhere'];
  const search = currentChat(state)?.search;
  if (search) return [search.typing ? 'search' : 'found', 'everywhere'];
  if (popupOf(state)) return ['popup', 'chat', 'everywhere'];
  const chat = currentChat(state);
  if (chat?.target === 'question')
    return [openQuestion(chat)?.kind === 'form' ? 'form' : 'question', 'chat', 'everywhere'];
  if (chat?.target === 'browse') return ['browse', 'chat', 'everywhere'];
  if (chat?.target === 'queue') return ['queue', 'chat', 'everywhere'];
  return chat?.editing ? ['editing', 'chat', 'everywhere'] : ['chat', 'everywhere'];
}

/** Whether the question that has the keys of the inbox is a form. */
function formInInbox(state: State): boolean {
  const { overlay } = state;
  const chosen = overlay?.kind === 'inbox' ? chosenQuestion(state, overlay) : undefined;
  return chosen !== undefined && itemOf(state, chosen)?.kind === 'form';
}

/** Whether letters are written: then they are no commands. */
export function isTyping(state: State): boolean {
  const { overlay } = state;
  if (overlay?.kind === 'start') return writtenField(overlay) !== null;
  if (overlay?.kind === 'form') return formField(overlay) !== null;
  if (overlay) return 'filtering' in overlay ? overlay.filtering : ['pick', 'rename'].includes(overlay.kind);
  const search = state.focus === 'chat' ? currentChat(state)?.search : null;
  if (search) return search.typing;
  return state.focus === 'chat' && (currentChat(state)?.target ?? 'prompt') === 'prompt';
}

/** What is said of a session that has ended. */
export const hasEnded = ({ keys }: State): string =>
  `This session has ended. ${keyOf(keys, 'back')} goes back to the list.`;

/** Why `command` does nothing now, as a sentence; an empty one where there is nothing to explain; null: it acts. */
export function whyNot(state: State, command: Command): string | null {
  const chat = currentChat(state);
  switch (command) {
    case 'send':
      if (!chat) return 'No session is open.';
      if (slashBinding(state, chat.draft.text)) return null;
      if (chat.view.session.state === 'ended') return hasEnded(state);
      return chat.draft.text.trim() === '' ? '' : null;
    case 'sendNow':
      if (!chat) return 'No session is open.';
      if (chat.view.session.state === 'ended') return hasEnded(state);
      return chat.draft.text.trim() === '' ? 'Write what shall be sent first.' : null;
    case 'browse':
      if (!chat) return 'No session is open.';
      return chat.view.items.some(isFoldable) ? null : 'There is nothing that is folded yet.';
    case 'queue':
      if (!chat) return 'No session is open.';
      return chat.view.queue.length > 0 ? null : 'No prompt waits.';
    case 'interrupt':
      if (!chat) return 'No session is open.';
      return chat.view.session.state === 'ended' ? 'This session has ended already.' : null;
    case 'close':
      if (!chat) return 'No session is open.';
      return chat.view.session.state === 'ended' ? 'This session has ended already.' : null;
    case 'cancel':
      if (!chat) return 'No session is open.';
      return chat.view.running || chat.sending.length > 0 ? null : 'Nothing is running.';
    case 'compact':
      if (!chat) return 'No session is open.';
      return chat.view.commands.some((c) => c.name === 'compact') ? null : 'This agent does not offer it.';
    case 'history':
      if (!chat) return 'No session is open.';
      return recallable(chat).length > 0 ? null : 'Nothing was sent in this session yet.';
    case 'allowOnce':
    case 'allowAlways':
    case 'rejectOnce':
    case 'rejectAlways':
    case 'choose':
      return null;
    case 'fillIn':
      if (state.overlay?.kind === 'inbox') return formInInbox(state) ? null : '';
      return chat && openQuestion(chat)?.kind === 'form' ? null : '';
    case 'toggle':
      return state.overlay?.kind === 'form' && !canChoose(state.overlay) ? '' : null;
    case 'full':
    case 'answer':
      if (state.overlay?.kind === 'inbox') return '';
      return chat && openQuestion(chat) ? null : '';
    case 'copyAnswer':
      if (!chat) return 'No session is open.';
      return lastAnswer(chat.view) === null ? 'The agent has not answered yet.' : null;
    case 'copyCode':
      if (!chat) return 'No session is open.';
      return lastCode(chat.view) === null ? 'No answer has a block of code.' : null;
    case 'expand':
    case 'edit':
    case 'diff':
    case 'search':
    case 'status':
    case 'rename':
    case 'back':
    case 'bottom':
      return chat ? null : 'No session is open.';
    case 'transcript':
      if (!chat) return 'No session is open.';
      return chat.caughtUp ? null : 'The transcript is still being loaded.';
    case 'lastSession': {
      const known = state.before !== null && state.chats.has(state.before);
      return known ? null : 'There is no session that was open before.';
    }
    case 'toChat':
      return chat ? null : 'No session is open yet: choose an agent and press Enter.';
    default:
      return null;
  }
}
