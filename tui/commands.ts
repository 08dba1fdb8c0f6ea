/** What the commands of the list and the chat do to the state. Those of the overlays are in overlays.ts. */

import { whyNot } from './allowed.js';
import { answerWith, nextQuestion } from './answers.js';
import { inBrowse, intoBrowse } from './browse.js';
import { openSession, say, step, withChat, withCurrent } from './change.js';
import { lastAnswer, lastCode } from './copy.js';
import { EMPTY_EDITOR, edit, editorOf, insert } from './editor.js';
import type { Step } from './effects.js';
import { openForm } from './form.js';
import { inboxOverlay } from './inbox.js';
import { type Command, keyOf } from './keys.js';
import { nodesOverlay } from './nodes.js';
import { helpOverlay, overlayCommand, renameOverlay, sessionsOverlay } from './overlays.js';
import { acceptPopup, closePopup, movePopup, popupAfter, popupOf, slashBinding } from './popup.js';
import { dropEdit, inQueue, intoQueue, saveEdit } from './queue.js';
import { EMPTY_SEARCH, type Search, searched } from './search.js';
import type { Settings } from './settings.js';
import { startOverlay } from './start-form.js';
import {
  type Chat,
  currentChat,
  entries,
  isSideBySide,
  openQuestion,
  recallable,
  type State,
  selectable,
  selectedEntry,
} from './state.js';

/** Does `command`; `key` is the key that gave it. */
export function run(state: State, command: Command, key: string, now: number): Step<State> {
  const reason = whyNot(state, command);
  if (reason !== null) return step(reason === '' ? state : say(state, reason, now, 'warning'));
  switch (command) {
    case 'quit':
      return step(state, { type: 'quit' });
    case 'suspend':
      return step(state, { type: 'suspend' });
    case 'mouse': {
      const mouse = !state.mouse;
      const text = mouse
        ? 'The mouse scrolls and clicks here again.'
        : `COPY MODE: the mouse selects text. ${keyOf(state.keys, 'mouse')} ends it.`;
      return step(say({ ...state, mouse }, text, now), { type: 'mouse', on: mouse });
    }
    case 'help':
      return step(helpOverlay(state));
    case 'nodes':
      return step(nodesOverlay(state), { type: 'refresh' });
    case 'sessions':
      return step(sessionsOverlay(state), { type: 'refresh' });
    case 'inbox':
      return inboxOverlay(state, now);
    case 'lastSession':
      return state.before === null ? step(state) : openSession(state, state.before);
    case 'palette':
      return step(picking(state, 'palette'));
    case 'settings':
      return step({ ...state, overlay: { kind: 'settings', selected: 0 } });
    default:
      if (state.overlay) return overlayCommand(state, command, key, now);
      return state.focus === 'list' ? inList(state, command) : inChat(state, command, key, now);
  }
}

function inList(state: State, command: Command): Step<State> {
  if (command === 'toChat') return step({ ...state, focus: 'chat' });
  const entry = selectedEntry(state);
  if (command === 'previous' || command === 'next') {
    const all = entries(state).filter(selectable);
    const at = all.findIndex((e) => e.key === entry?.key);
    const to = all[Math.max(0, Math.min(all.length - 1, at + (command === 'next' ? 1 : -1)))];
    return step({ ...state, selected: to?.key ?? null });
  }
  if (command !== 'open' || !entry) return step(state);
  if (entry.kind === 'session') return openSession(state, entry.session.sessionId);
  return entry.kind === 'agent' ? step(startOverlay(state, entry.node, entry.connector)) : step(state);
}

function inChat(state: State, command: Command, key: string, now: number): Step<State> {
  const chat = currentChat(state);
  if (command === 'back') return step({ ...state, focus: 'list' });
  if (!chat) return step(state);
  if (chat.search) return inSearch(state, chat, chat.search, command);
  switch (command) {
    case 'search':
      return step(withCurrent(state, () => ({ search: EMPTY_SEARCH })));
    case 'send':
      return send(state, chat, now);
    case 'sendNow':
      return slashBinding(state, chat.draft.text)
        ? send(state, chat, now)
        : prompt(state, chat, chat.draft.text, true);
    case 'browse':
      return intoBrowse(state, chat);
    case 'unfold':
    case 'copyItem':
      return inBrowse(state, chat, command);
    case 'queue':
      return step(intoQueue(state, chat));
    case 'saveEdit':
      return saveEdit(state, chat, now);
    case 'dropEdit':
      return dropEdit(state, chat);
    case 'editWaiting':
    case 'remove':
    case 'runNext':
    case 'runNow':
      return inQueue(state, chat, command, now);
    case 'accept':
    case 'next':
    case 'previous':
    case 'dismiss':
      if (chat.target === 'queue') return inQueue(state, chat, command, now);
      return chat.target === 'browse' ? inBrowse(state, chat, command) : inPopup(state, chat, command, now);
    case 'fillIn': {
      const question = openQuestion(chat);
      if (question?.kind !== 'form') return step(state);
      const { requestId, form } = question;
      return step(openForm(state, { sessionId: chat.sessionId, requestId, form, hash: null }));
    }
    case 'full': {
      const question = openQuestion(chat);
      return step(
        question?.kind === 'approval'
          ? { ...state, overlay: { kind: 'question', requestId: question.requestId, top: 0 } }
          : state,
      );
    }
    case 'diff': {
      const settings: Settings = { ...state.settings, diff: isSideBySide(state) ? 'unified' : 'side' };
      return step({ ...state, settings }, { type: 'settings', settings });
    }
    case 'edit':
      return step(state, { type: 'edit', sessionId: chat.sessionId, text: chat.draft.text });
    case 'copyAnswer':
      return step(state, { type: 'copy', text: lastAnswer(chat.view) ?? '', what: 'The last answer' });
    case 'copyCode':
      return step(state, { type: 'copy', text: lastCode(chat.view) ?? '', what: 'The last block of code' });
    case 'history':
      return step(picking(state, 'history'));
    case 'rename':
      return step(renameOverlay(state, chat.sessionId));
    case 'status':
      return step({ ...state, overlay: { kind: 'status' } });
    case 'cancel':
      return step(state, { type: 'cancel', sessionId: chat.sessionId });
    case 'close':
      return close(state, chat, now);
    case 'compact':
      return prompt(state, chat, '/compact');
    case 'newline':
      return step(typed(state, chat, insert(chat.draft, '\n'), now));
    case 'interrupt':
      return interrupt(state, chat, now);
    case 'answer':
      return nextQuestion(state, chat, now);
    case 'expand':
      return step(withCurrent(state, (c) => ({ expandAll: !c.expandAll, expanded: new Set() })));
    case 'bottom':
      return step(withCurrent(state, () => ({ anchor: null })));
    case 'transcript':
      return step(state, { type: 'transcript', sessionId: chat.sessionId });
    case 'allowOnce':
    case 'allowAlways':
    case 'rejectOnce':
    case 'rejectAlways':
    case 'choose':
      return answerWith(state, chat, key, now);
    default:
      return step(state);
  }
}

const picking = (state: State, what: 'palette' | 'history'): State => ({
  ...state,
  overlay: { kind: 'pick', what, filter: EMPTY_EDITOR, selected: null },
});

function inSearch(state: State, chat: Chat, search: Search, command: Command): Step<State> {
  const change = (next: Partial<Search>): State =>
    withCurrent(state, () => ({ search: { ...search, ...next } }));
  switch (command) {
    case 'next':
    case 'previous': {
      const now = searched(chat, search);
      const count = now.matches.length;
      const by = command === 'next' ? 1 : -1;
      const current = count === 0 ? 0 : (now.current + by + count) % count;
      return step(change({ ...now, current }), { type: 'reveal', sessionId: chat.sessionId });
    }
    case 'accept':
      return step(change({ typing: false }));
    case 'search':
      return step(change({ typing: true }));
    case 'dismiss':
      return step(withCurrent(state, () => ({ search: null })));
    default:
      return step(state);
  }
}

function inPopup(state: State, chat: Chat, command: Command, now: number): Step<State> {
  const popup = popupOf(state);
  if (!popup) return step(state);
  if (command === 'dismiss') return step(closePopup(state, chat, popup));
  if (command !== 'accept') return step(movePopup(state, chat, popup, command === 'next' ? 1 : -1));
  const accepted = acceptPopup(state, chat, popup);
  return accepted ? step(accepted) : run(state, 'send', 'enter', now);
}

/** Sends the draft, or does what its `/` command of Praxis says. */
function send(state: State, chat: Chat, now: number): Step<State> {
  const binding = slashBinding(state, chat.draft.text);
  if (!binding) return prompt(state, chat, chat.draft.text);
  const cleared = withChat(state, chat.sessionId, () => ({ draft: EMPTY_EDITOR, recall: 0 }));
  return run(cleared, binding.command, '', now);
}

function prompt(state: State, chat: Chat, text: string, urgent = false): Step<State> {
  const ticket = state.tickets + 1;
  const next = withChat({ ...state, tickets: ticket }, chat.sessionId, (c) => ({
    draft: EMPTY_EDITOR,
    recall: 0,
    stash: EMPTY_EDITOR,
    anchor: null,
    typedAt: 0,
    sending: [...c.sending, { ticket, turnId: null, text }],
  }));
  return step(next, { type: 'prompt', sessionId: chat.sessionId, text, ticket, urgent });
}

/** Milliseconds after the end of a turn in which Ctrl+C may have been meant for it. */
const JUST_ENDED_MS = 1_500;

/** Ctrl+C: cancels what runs; when nothing runs it closes the session, after a second press when a draft would be lost. */
function interrupt(state: State, chat: Chat, now: number): Step<State> {
  const { sessionId, view } = chat;
  const busy = view.running !== null || chat.sending.length > 0;
  if (busy) {
    // The header says that it is cancelling; a further press learns why nothing happens.
    const waiting = view.running?.state === 'cancelling';
    const next = waiting ? say(state, 'Still cancelling: the agent has not answered yet.', now) : state;
    return step(next, { type: 'cancel', sessionId });
  }
  // Who wanted to cancel a turn that has just ended does not want to lose the session.
  const again = `${keyOf(state.keys, 'interrupt')} again`;
  const doubt =
    chat.draft.text !== ''
      ? `${again} closes the session; the draft would be lost.`
      : now - chat.endedAt < JUST_ENDED_MS
        ? `The turn has ended. ${again} closes the session.`
        : null;
  if (doubt !== null && state.closing !== sessionId)
    return step({ ...say(state, doubt, now, 'warning'), closing: sessionId });
  return close(state, chat, now);
}

function close(state: State, { sessionId }: Chat, now: number): Step<State> {
  const left: State = {
    ...withChat(state, sessionId, () => ({ draft: EMPTY_EDITOR })),
    closing: null,
    focus: 'list',
  };
  return step(say(left, 'Closing the session. Its transcript stays.', now), { type: 'close', sessionId });
}

/** The chat with another draft; typing takes the keys from an open question and follows no recall. */
export const typed = (state: State, chat: Chat, draft: Chat['draft'], now: number): State =>
  withChat(state, chat.sessionId, () => ({
    draft,
    typedAt: now,
    target: 'prompt',
    recall: 0,
    popup: popupAfter({ ...chat, draft }),
  }));

/** A key that is no command: it edits the draft, or recalls an earlier prompt beyond the first or last line. */
export function editDraft(state: State, chat: Chat, key: string, now: number): State {
  const draft = edit(chat.draft, key);
  if (draft !== null) {
    const moves = draft.text === chat.draft.text;
    return moves ? withChat(state, chat.sessionId, () => ({ draft })) : typed(state, chat, draft, now);
  }
  if (key !== 'up' && key !== 'down') return state;
  const prompts = recallable(chat);
  const recall = chat.recall + (key === 'up' ? 1 : -1);
  if (recall < 0 || recall > prompts.length) return state;
  const stash = chat.recall === 0 ? chat.draft : chat.stash;
  return withChat(state, chat.sessionId, () => ({
    recall,
    stash,
    draft: recall === 0 ? stash : editorOf(prompts[recall - 1]!),
  }));
}
