/** Going through what is folded in a transcript with the keys: one tool call, thought or long prompt at a time is chosen, opened, copied. */
import { type Item, sanitize } from '../client/index.js';
import { step, withChat } from './change.js';
import type { Step } from './effects.js';
import { isLong } from './items/index.js';
import type { Command } from './keys.js';
import { textOf } from './search.js';
import type { Chat, State } from './state.js';

export const isFoldable = (item: Item | undefined): item is Item =>
  item?.kind === 'tool' ||
  item?.kind === 'thought' ||
  item?.kind === 'other' ||
  ((item?.kind === 'prompt' || item?.kind === 'echo') && isLong(item.text));

/** The item that is chosen while the transcript has the keys. */
const browsed = (chat: Chat): Item | undefined =>
  chat.target === 'browse' ? chat.view.items.find((item) => item.id === chat.browseAt) : undefined;

const back = (state: State, chat: Chat): State =>
  withChat(state, chat.sessionId, () => ({ target: 'prompt', browseAt: null }));

function choose(state: State, chat: Chat, item: Item): Step<State> {
  const next = withChat(state, chat.sessionId, () => ({
    target: 'browse',
    declined: true,
    browseAt: item.id,
  }));
  return step(next, { type: 'reveal', sessionId: chat.sessionId });
}

/** Gives the keys to the transcript, at the newest of them. */
export function intoBrowse(state: State, chat: Chat): Step<State> {
  const newest = chat.view.items.findLast(isFoldable);
  return newest ? choose(state, chat, newest) : step(state);
}

export function inBrowse(state: State, chat: Chat, command: Command): Step<State> {
  const item = browsed(chat);
  if (!item || command === 'dismiss') return step(back(state, chat));
  const { items } = chat.view;
  const at = items.indexOf(item);
  switch (command) {
    case 'previous': {
      const to = items.slice(0, at).findLast(isFoldable);
      return to ? choose(state, chat, to) : step(state);
    }
    case 'next': {
      // Below the last one stands the prompt.
      const to = items.slice(at + 1).find(isFoldable);
      return to ? choose(state, chat, to) : step(back(state, chat));
    }
    case 'unfold': {
      const expanded = new Set(chat.expanded);
      if (!expanded.delete(item.id)) expanded.add(item.id);
      const next = withChat(state, chat.sessionId, () => ({ expanded }));
      return step(next, { type: 'reveal', sessionId: chat.sessionId });
    }
    case 'copyItem':
      return step(state, { type: 'copy', text: sanitize(textOf(item)).trim(), what: 'The text of it' });
    default:
      return step(state);
  }
}
