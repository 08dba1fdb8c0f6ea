/** What keys, typed letters and pastes do to the state: they go to whoever has them, as commands or as text. */
import { contextsOf, isTyping } from './allowed.js';
import { say, step, withChat } from './change.js';
import { editDraft, run, typed } from './commands.js';
import { edit, insert } from './editor.js';
import type { Effect, Step } from './effects.js';
import { fieldOf, withField } from './fields.js';
import type { InputEvent } from './input.js';
import { keyOf } from './keys.js';
import { isTooSmall } from './screens/layout.js';
import { currentChat, isJustTaken, type State } from './state.js';

export function input(before: State, event: InputEvent, now: number): Step<State> {
  if (event.type === 'focus') return step({ ...before, focused: event.focused });
  if (isTooSmall(before)) return unseen(before, event, now);
  // Any other key takes back the first half of "twice to close".
  const state =
    before.closing !== null && !(event.type === 'key' && isInterrupt(before, event.name))
      ? { ...before, closing: null }
      : before;
  switch (event.type) {
    case 'text':
      return text(state, event.text, now);
    case 'paste':
      return revealed(written(state, event.text, now));
    case 'key':
      return key(state, event.name, now);
    default:
      return step(state);
  }
}

/** Whether `name` is the key that cancels and closes in a chat. */
const isInterrupt = ({ keys }: State, name: string): boolean =>
  keys.commandFor(['chat'], name) === 'interrupt';

/** Rows by which the key `name` scrolls the transcript, `page` of them at a time; null: it does something else. */
export function scrolledBy(state: State, name: string, page: number): number | null {
  if (state.overlay !== null || state.focus !== 'chat') return null;
  const rows = name.startsWith('shift+') ? 1 : page;
  const command = state.keys.commandFor(contextsOf(state), name);
  return command === 'pageUp' ? -rows : command === 'pageDown' ? rows : null;
}

/** Where nothing can be shown, what is written is kept, and only the keys that need no eyes act. */
function unseen(state: State, event: InputEvent, now: number): Step<State> {
  if (event.type === 'text' || event.type === 'paste')
    return step(isTyping(state) ? written(state, event.text, now) : state);
  const command = event.type === 'key' ? state.keys.commandFor(['everywhere'], event.name) : undefined;
  return command === 'quit' || command === 'suspend' ? run(state, command, '', now) : step(state);
}

function isEmptyPrompt(state: State): boolean {
  const chat = state.overlay === null && state.focus === 'chat' ? currentChat(state) : undefined;
  if (!chat || chat.search || chat.editing || chat.target !== 'prompt') return false;
  return chat.draft.text === '' && state.keys.commandFor(['everywhere'], '?') === 'help';
}

/** Letters that came together are pressed one after the other, until one of them begins to write. */
function text(before: State, typedText: string, now: number): Step<State> {
  // Nothing is written yet, so it is a question to us.
  if (typedText === '?' && isEmptyPrompt(before)) return run(before, 'help', '?', now);
  let state = before;
  const effects: Effect[] = [];
  for (const [at, letter] of [...typedText].entries()) {
    if (isLate(state, typedText, now)) return { state, effects };
    if (isTyping(state)) {
      const rest = [...typedText].slice(at).join('');
      const { state: next, effects: more } = revealed(written(state, rest, now));
      return { state: next, effects: [...effects, ...more] };
    }
    const pressed = press(state, letter, now);
    state = pressed.state;
    effects.push(...pressed.effects);
  }
  return { state, effects };
}

/** A letter that was a command until a moment ago, when what it was meant for went away by itself: it is no text. */
function isLate(state: State, typedText: string, now: number): boolean {
  const chat = state.overlay === null && state.focus === 'chat' ? currentChat(state) : undefined;
  if (!chat || chat.search || chat.target !== 'prompt' || chat.draft.text !== '') return false;
  return (
    isJustTaken(chat, now) && state.keys.commandFor(['question', 'full', 'queue'], typedText) !== undefined
  );
}

/** What is written into a search is looked for at once. */
function revealed(state: State): Step<State> {
  const chat = currentChat(state);
  const isSearch = state.overlay === null && state.focus === 'chat' && chat?.search?.typing;
  return chat && isSearch ? step(state, { type: 'reveal', sessionId: chat.sessionId }) : step(state);
}

/** One letter where letters are commands. */
function press(state: State, letter: string, now: number): Step<State> {
  if (state.overlay?.kind === 'start')
    return letter === ' ' ? run(state, 'toggle', letter, now) : step(state);
  const command = state.keys.commandFor(contextsOf(state), letter);
  if (command !== undefined) return run(state, command, letter, now);
  const chat = state.overlay === null && state.focus === 'chat' ? currentChat(state) : undefined;
  if (!chat || chat.search) return step(state);
  return step(
    written(
      withChat(state, chat.sessionId, () => ({ target: 'prompt', declined: true })),
      letter,
      now,
    ),
  );
}

/** `piece` written where the keys go. */
function written(state: State, piece: string, now: number): State {
  const field = fieldOf(state);
  if (field) return withField(state, insert(field, piece.replace(/\n/g, ' ')));
  const chat = state.overlay === null && state.focus === 'chat' ? currentChat(state) : undefined;
  return chat ? typed(state, chat, insert(chat.draft, piece), now) : state;
}

function key(state: State, name: string, now: number): Step<State> {
  const command = state.keys.commandFor(contextsOf(state), name);
  if (command !== undefined) return run(state, command, name, now);
  const field = fieldOf(state);
  if (field) {
    const edited = edit(field, name);
    return edited ? revealed(withField(state, edited)) : step(state);
  }
  if (state.overlay !== null) return step(state);
  if (state.focus === 'list' && isInterrupt(state, name)) {
    const quit = keyOf(state.keys, 'quit');
    const text = currentChat(state)
      ? `${keyOf(state.keys, 'toChat')} goes to the chat, where ${keyOf(state.keys, 'interrupt')} acts; ${quit} leaves, and all sessions go on.`
      : `${quit} leaves this screen; the system and all sessions go on.`;
    return step(say(state, text, now));
  }
  const chat = state.focus === 'chat' ? currentChat(state) : undefined;
  return step(chat ? editDraft(state, chat, name, now) : state);
}
