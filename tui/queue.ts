/** The prompts that wait in a session, as the screen chooses, edits, removes and reorders them. The service has the queue; here is only what is chosen. */
import type { PromptItem } from '../client/index.js';
import { say, step, withChat } from './change.js';
import { EMPTY_EDITOR, editorOf } from './editor.js';
import type { QueueChange, Step } from './effects.js';
import { type Command, keyOf } from './keys.js';
import type { Chat, State } from './state.js';

/** The waiting prompt that is chosen while the queue has the keys. */
export const chosenWaiting = (chat: Chat): PromptItem | undefined =>
  chat.target === 'queue'
    ? (chat.view.queue.find((p) => p.turnId === chat.queueAt) ?? chat.view.queue[0])
    : undefined;

/** Gives the keys to the queue, at its newest prompt: the one that is most likely regretted. */
export const intoQueue = (state: State, chat: Chat): State =>
  withChat(state, chat.sessionId, () => ({
    target: 'queue',
    declined: true,
    queueAt: chat.view.queue.at(-1)?.turnId ?? null,
  }));

const back = (state: State, chat: Chat): State =>
  withChat(state, chat.sessionId, () => ({ target: 'prompt', queueAt: null }));

export function inQueue(state: State, chat: Chat, command: Command, now: number): Step<State> {
  const { queue } = chat.view;
  const chosen = chosenWaiting(chat);
  if (command === 'dismiss' || !chosen) return step(back(state, chat));
  const at = queue.indexOf(chosen);
  const changed = (next: State, change: QueueChange): Step<State> =>
    step(next, { type: 'queue', sessionId: chat.sessionId, turnId: chosen.turnId, change });
  switch (command) {
    case 'previous':
    case 'next': {
      const to = queue[at + (command === 'next' ? 1 : -1)];
      // Below the last one stands the prompt.
      if (!to) return step(command === 'next' ? back(state, chat) : state);
      return step(withChat(state, chat.sessionId, () => ({ queueAt: to.turnId })));
    }
    case 'remove': {
      const neighbour = queue[at + 1] ?? queue[at - 1];
      const next = withChat(state, chat.sessionId, () => ({ queueAt: neighbour?.turnId ?? null }));
      return changed(next, { kind: 'remove' });
    }
    case 'runNext':
      return at === 0
        ? step(say(state, 'It is the next one already.', now))
        : changed(state, { kind: 'next' });
    case 'runNow':
      return changed(back(state, chat), { kind: 'now', running: chat.view.running?.turnId ?? null });
    case 'editWaiting':
      return step(beginEdit(state, chat, chosen, now));
    default:
      return step(state);
  }
}

function beginEdit(state: State, chat: Chat, chosen: PromptItem, now: number): State {
  if (chosen.content.some((block) => block.type !== 'text'))
    return say(
      state,
      'This prompt holds more than text; it can be removed, not edited here.',
      now,
      'warning',
    );
  return withChat(state, chat.sessionId, (c) => ({
    target: 'prompt',
    queueAt: null,
    draft: editorOf(chosen.text),
    recall: 0,
    editing: { turnId: chosen.turnId, stash: c.editing?.stash ?? c.draft },
  }));
}

/** Ends the edit of a waiting prompt: what was being written before is back in the prompt. */
const endEdit = (state: State, chat: Chat): State =>
  withChat(state, chat.sessionId, () => ({ draft: chat.editing?.stash ?? EMPTY_EDITOR, editing: null }));

export const dropEdit = (state: State, chat: Chat): Step<State> => step(endEdit(state, chat));

export function saveEdit(state: State, chat: Chat, now: number): Step<State> {
  const { editing, draft, sessionId } = chat;
  if (!editing) return step(state);
  if (draft.text.trim() === '')
    return step(
      say(
        state,
        `An empty prompt cannot wait. ${keyOf(state.keys, 'dropEdit')} leaves it as it was.`,
        now,
        'warning',
      ),
    );
  const change = { kind: 'edit', text: draft.text } as const;
  return step(endEdit(state, chat), { type: 'queue', sessionId, turnId: editing.turnId, change });
}

/** What was written instead of a waiting prompt came too late, or was not taken: it is a draft, where none is in its way. */
export function editRefused(
  state: State,
  { sessionId, text, error }: { sessionId: string; text: string; error: string },
  now: number,
): State {
  const chat = state.chats.get(sessionId);
  const free = chat?.draft.text === '';
  const restored = free ? withChat(state, sessionId, () => ({ draft: editorOf(text) })) : state;
  return say(restored, `Not changed: ${error}`, now, 'bad');
}

/** Follows the queue of the service: what was chosen or edited may run by now, or be gone. */
export function queueChanged(state: State, sessionId: string, now: number): State {
  const chat = state.chats.get(sessionId);
  if (!chat || (chat.target !== 'queue' && !chat.editing)) return state;
  const waits = (turnId: string | null) => chat.view.queue.some((p) => p.turnId === turnId);
  if (chat.target === 'queue' && chat.view.queue.length === 0) return back(state, chat);
  if (chat.target === 'queue' && chat.queueAt !== null && !waits(chat.queueAt)) {
    // The key that is on its way was meant for it, and must hit no other.
    const left = withChat(back(state, chat), sessionId, () => ({ takenAt: now }));
    return say(left, 'That prompt does not wait any more.', now, 'warning');
  }
  if (!chat.editing || waits(chat.editing.turnId)) return state;
  const kept = withChat(state, sessionId, () => ({ editing: null }));
  return say(kept, 'That prompt does not wait any more; what you wrote is a draft now.', now, 'warning');
}
