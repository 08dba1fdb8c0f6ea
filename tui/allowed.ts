/** Which keys matter now, and why a command cannot act: a key that does nothing says so. */
import type { Command, Context } from './keys.js';
import { currentChat, openQuestion, type State } from './state.js';

/** Who gets a key, the nearest first. */
export function contextsOf(state: State): Context[] {
  const { overlay } = state;
  if (overlay?.kind === 'help') return ['help', 'everywhere'];
  if (overlay?.kind === 'start') return ['start', 'everywhere'];
  if (overlay?.kind === 'sessions') {
    if (overlay.confirm !== null) return ['confirm'];
    return overlay.filtering ? ['filter', 'everywhere'] : ['sessions', 'everywhere'];
  }
  if (state.focus === 'list') return ['list', 'everywhere'];
  return currentChat(state)?.target === 'question'
    ? ['question', 'chat', 'everywhere']
    : ['chat', 'everywhere'];
}

/** Whether letters are written: then they are no commands. */
export function isTyping(state: State): boolean {
  if (state.overlay)
    return state.overlay.kind === 'start' || (state.overlay.kind === 'sessions' && state.overlay.filtering);
  return state.focus === 'chat' && currentChat(state)?.target !== 'question';
}

/** Why `command` does nothing now, as a sentence; an empty one where there is nothing to explain; null: it acts. */
export function whyNot(state: State, command: Command): string | null {
  const chat = currentChat(state);
  switch (command) {
    case 'send':
      if (!chat) return 'No session is open.';
      if (chat.view.session.state === 'ended') return 'This session has ended. Esc goes back to the list.';
      return chat.draft.text.trim() === '' ? '' : null;
    case 'interrupt':
      if (!chat) return 'No session is open.';
      return chat.view.session.state === 'ended' ? 'This session has ended already.' : null;
    case 'answer':
      return chat && openQuestion(chat) ? null : '';
    case 'expand':
    case 'transcript':
    case 'bottom':
      return chat ? null : 'No session is open.';
    case 'toChat':
      return chat ? null : 'No session is open yet: choose an agent and press Enter.';
    default:
      return null;
  }
}
