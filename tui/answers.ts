/** Open questions in a chat: when one takes the keys, and how a key answers it. */
import { say, step, withChat } from './change.js';
import type { Step } from './effects.js';
import { optionForKey } from './items/index.js';
import { type Chat, isAnswering, openQuestion, type State } from './state.js';

/** Answers the open question with the option that `key` stands for. */
export function answerWith(state: State, chat: Chat, key: string, now: number): Step<State> {
  const question = openQuestion(chat);
  // The key was on its way before the question could be read.
  if (!question || !isAnswering(chat, now)) return step(state);
  const option = optionForKey(question, key);
  if (!option) return step(say(state, 'The agent does not offer that answer here.', now, 'warning'));
  const next = withChat(state, chat.sessionId, (c) => ({
    answered: new Set(c.answered).add(question.requestId),
  }));
  return step(takeQuestion(next, chat.sessionId, now), {
    type: 'answer',
    sessionId: chat.sessionId,
    requestId: question.requestId,
    optionId: option.optionId,
  });
}

/** Milliseconds without typing after which a new question may take the keys from an empty prompt. */
const QUIET_MS = 1_000;

/**
 * Looks at the open questions of a chat anew: one takes the keys as soon as nobody is writing, unless the person chose to
 * type instead; with none left the keys go back.
 */
export function takeQuestion(state: State, sessionId: string, now: number): State {
  const chat = state.chats.get(sessionId);
  if (!chat) return state;
  const open = openQuestion(chat);
  // Who changes the queue or reads is busy, as who writes is.
  const busy = chat.target === 'queue' || chat.target === 'browse';
  const elsewhere = chat.target === 'question' ? 'prompt' : chat.target;
  if (!open)
    return chat.question ? withChat(state, sessionId, () => ({ target: elsewhere, question: null })) : state;
  const isNew = chat.question?.requestId !== open.requestId;
  if (!isNew && (chat.target === 'question' || chat.declined)) return state;
  const writing = busy || chat.draft.text !== '' || now - chat.typedAt < QUIET_MS;
  if (!isNew && writing) return state;
  return withChat(state, sessionId, () => ({
    question: { requestId: open.requestId, since: now },
    declined: false,
    target: writing ? elsewhere : 'question',
  }));
}
