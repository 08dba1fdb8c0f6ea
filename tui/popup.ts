/** What is offered above the prompt: commands while its first word begins with `/`, and files after an `@`. */
import { sanitizeLine } from '../client/index.js';
import { whyNot } from './allowed.js';
import { withChat } from './change.js';
import { EMPTY_EDITOR } from './editor.js';
import { atWord, filesFor } from './files.js';
import type { Binding } from './keys.js';
import { type Chat, currentChat, type State } from './state.js';

export interface Suggestion {
  /** What it puts in the place of the word. */
  text: string;
  note: string;
  /** Whose it is. */
  from: string;
  /** What follows when it is taken; nothing where more of the same word may come. */
  tail: string;
}

export interface Popup {
  items: Suggestion[];
  selected: number;
  /** Where the word begins and ends in the draft. */
  start: number;
  end: number;
}

/** The binding that `text`, written in the prompt, stands for. With an argument it is the agent's. */
export const slashBinding = (state: State, text: string): Binding | undefined => {
  const name = /^\/(\S+)$/.exec(text.trim())?.[1];
  return name === undefined ? undefined : state.keys.bindings.find((b) => b.slash === name);
};

function commands(state: State, chat: Chat, prefix: string): Suggestion[] {
  const own = state.keys.bindings.flatMap((b): Suggestion[] =>
    b.slash === undefined
      ? []
      : [{ text: `/${b.slash}`, note: whyNot(state, b.command) || b.help, from: 'Praxis', tail: ' ' }],
  );
  const taken = new Set(own.map((s) => s.text));
  const agent = sanitizeLine(chat.view.session.agent) || 'agent';
  const theirs = chat.view.commands.flatMap(({ name, description, hint }): Suggestion[] => {
    const text = `/${sanitizeLine(name)}`;
    if (taken.has(text) || /\s/.test(text)) return [];
    return [
      {
        text,
        note: sanitizeLine(hint === null ? description : `<${hint}> ${description}`),
        from: agent,
        tail: ' ',
      },
    ];
  });
  const wanted = prefix.toLowerCase();
  return [...theirs, ...own].filter((s) => s.text.toLowerCase().startsWith(wanted));
}

/** The word under the cursor that asks for suggestions. */
function wordOf(chat: Chat): { start: number; end: number } | null {
  const { text } = chat.draft;
  return /^\/\S*$/.test(text) ? { start: 0, end: text.length } : atWord(chat);
}

const files = (state: State, chat: Chat): Suggestion[] =>
  filesFor(state, chat).map(({ text, isDirectory }) => ({
    text,
    note: '',
    from: isDirectory ? 'directory' : 'file',
    tail: isDirectory ? '' : ' ',
  }));

/** The popup that is shown now. */
export function popupOf(state: State): Popup | null {
  const chat = currentChat(state);
  if (!chat || state.overlay !== null || state.focus !== 'chat' || chat.search || chat.target !== 'prompt')
    return null;
  // A recalled prompt is moved through with the arrows.
  const word = chat.recall === 0 ? wordOf(chat) : null;
  if (word === null || chat.popup.closedAt === word.start) return null;
  const typed = chat.draft.text.slice(word.start, word.end);
  const items = typed.startsWith('/') ? commands(state, chat, typed) : files(state, chat);
  if (items.length === 0) return null;
  return { items, selected: Math.min(chat.popup.selected, items.length - 1), ...word };
}

/** The popup of `chat` after its draft has changed: from the top, and open again when the word for which it was closed is gone. */
export function popupAfter(chat: Chat): Chat['popup'] {
  const word = wordOf(chat);
  return { selected: 0, closedAt: word === null ? null : chat.popup.closedAt };
}

export const closePopup = (state: State, chat: Chat, popup: Popup): State =>
  withChat(state, chat.sessionId, () => ({ popup: { selected: 0, closedAt: popup.start } }));

/** Moves the choice, around the ends. */
export const movePopup = (state: State, chat: Chat, popup: Popup, by: number): State =>
  withChat(state, chat.sessionId, () => ({
    popup: { ...chat.popup, selected: (popup.selected + by + popup.items.length) % popup.items.length },
  }));

/** The chosen suggestion in the draft; null when it stands there already, so that there is nothing to accept. */
export function acceptPopup(state: State, chat: Chat, popup: Popup): State | null {
  const { text, tail } = popup.items[popup.selected]!;
  const { draft } = chat;
  if (draft.text.slice(popup.start, popup.end) === text) return null;
  const head = `${draft.text.slice(0, popup.start)}${text}${tail}`;
  return withChat(state, chat.sessionId, () => ({
    draft: { ...EMPTY_EDITOR, text: head + draft.text.slice(popup.end), cursor: head.length },
    popup: { selected: 0, closedAt: null },
  }));
}
