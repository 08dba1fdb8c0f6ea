/** Open questions in a chat: when one takes the keys, and how a key answers it. */
import { type QuestionItem, sanitizeLine } from '../client/index.js';
import { say, step, withChat } from './change.js';
import type { Step } from './effects.js';
import { optionForKey } from './items/index.js';
import { type Chat, isAnswering, openQuestion, openQuestions, type State } from './state.js';

/** Answers the open question with the option that `key` stands for. */
export function answerWith(state: State, chat: Chat, key: string, now: number): Step<State> {
  const question = openQuestion(chat);
  // The key was on its way before the question could be read.
  if (question?.kind !== 'approval' || !isAnswering(chat, now)) return step(state);
  const option = optionForKey(question, key);
  if (!option) return step(say(state, 'The agent does not offer that answer here.', now, 'warning'));
  const next = withChat(state, chat.sessionId, (c) => ({
    answered: new Map(c.answered).set(question.requestId, option.optionId),
  }));
  return step(takeQuestion(next, chat.sessionId, now), {
    type: 'answer',
    sessionId: chat.sessionId,
    requestId: question.requestId,
    optionId: option.optionId,
  });
}

/**
 * Gives the keys to the next question: from the prompt to the oldest, from each to the one that came after it, and from the last
 * back to the prompt.
 */
export function nextQuestion(state: State, chat: Chat, now: number): Step<State> {
  const open = openQuestions(chat);
  const isAsked = chat.target === 'question';
  const at = isAsked ? open.findIndex((a) => a.requestId === chat.question?.requestId) : -1;
  const to = open[at + 1];
  if (!to || (isAsked && at < 0))
    return step(withChat(state, chat.sessionId, () => ({ target: 'prompt', declined: true })));
  // Who asks for the only question has seen it; one among several may come into sight only now.
  const since = open.length === 1 ? 0 : now;
  const next = withChat(state, chat.sessionId, () => ({
    target: 'question',
    declined: false,
    question: { requestId: to.requestId, since },
  }));
  return open.length === 1 ? step(next) : step(next, { type: 'reveal', sessionId: chat.sessionId });
}

/** Whether another question follows the one that has the keys. */
export const hasNextQuestion = (chat: Chat): boolean =>
  openQuestions(chat).at(-1)?.requestId !== chat.question?.requestId;

/** How often the key that goes on must be pressed until the question `requestId` has the keys; 0: it is not open. */
export function pressesTo(chat: Chat, requestId: string): number {
  const open = openQuestions(chat).map((a) => a.requestId);
  const to = open.indexOf(requestId) + 1;
  if (to === 0) return 0;
  // What waits, or is read, lets go of the keys first.
  if (chat.target !== 'question') return chat.target === 'prompt' ? to : to + 1;
  const at = open.indexOf(chat.question?.requestId ?? '') + 1;
  if (at === to) return 1;
  return to > at ? to - at : open.length - at + 1 + to;
}

const FORM_DONE = {
  open: '',
  accepted: 'answered',
  declined: 'declined',
  cancelled: 'cancelled',
  failed: '',
};

/** Which answer counted: the option, or what was done with the form. */
function answerOf(item: QuestionItem): string | undefined {
  if (item.kind === 'approval') return item.chosen?.optionId;
  return { open: undefined, accepted: 'accept', declined: 'decline', cancelled: 'cancel', failed: undefined }[
    item.state
  ];
}

/** Whose answer counted, and which it was. */
export function outcomeWords(state: State, item: QuestionItem | undefined): string {
  const who = item?.by === state.me ? 'You' : sanitizeLine(item?.by ?? '');
  if (item?.kind === 'form') {
    if (who === '' || item.state === 'failed' || item.by === 'cancel') return 'The form was taken back.';
    if (item.by === 'policy') return 'The form was cancelled by itself.';
    return `${who} ${FORM_DONE[item.state]} the form elsewhere.`;
  }
  if (!item?.chosen || who === '') return 'The question was answered elsewhere or withdrawn.';
  const what = sanitizeLine(item.chosen.name);
  return item.by === 'policy' ? `Answered by itself: ${what}` : `${who} answered elsewhere: ${what}`;
}

/** The question of that id, as the transcript has it now. */
const questionOf = (chat: Chat, requestId: string): QuestionItem | undefined =>
  chat.view.items.findLast(
    (i): i is QuestionItem => (i.kind === 'approval' || i.kind === 'form') && i.requestId === requestId,
  );

/** Questions that are open no more: says so where another answer than the one given here counted, or none was given here yet. */
export function withoutSettled(state: State, sessionId: string, now: number): State {
  const chat = state.chats.get(sessionId);
  if (!chat) return state;
  const isSettled = (id: string): boolean => chat.view.approvals.every((a) => a.requestId !== id);
  const given = [...chat.answered].filter(([id]) => isSettled(id));
  const asked = chat.question?.requestId;
  const taken = asked !== undefined && !chat.answered.has(asked) && isSettled(asked);
  if (given.length === 0 && !taken) return state;
  const next = withChat(state, sessionId, () => ({
    answered: new Map([...chat.answered].filter(([id]) => !isSettled(id))),
    takenAt: taken && chat.target === 'question' ? now : chat.takenAt,
  }));
  const others = given.flatMap(([id, optionId]) => {
    const item = questionOf(chat, id);
    const answer = item && answerOf(item);
    return item && answer !== undefined && answer !== optionId ? [item] : [];
  });
  const late = taken ? questionOf(chat, asked) : others.at(-1);
  if (!taken && !late) return next;
  // What was cancelled was cancelled with its turn; that is said there. What is read of the past is no news.
  if (late?.by === 'cancel' || sessionId !== state.current || !chat.caughtUp) return next;
  return say(next, outcomeWords(state, late), now, 'warning');
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
