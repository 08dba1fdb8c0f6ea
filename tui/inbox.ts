/**
 * The inbox: every open question of every session, answered where it stands. An answer carries the hash of the arguments that
 * were shown, so that nothing else is allowed by it.
 */
import { foldEvents, type QuestionItem } from '../client/index.js';
import { type OpenApproval, parseFrame } from '../proto/index.js';
import { outcomeWords } from './answers.js';
import { openSession, say, step } from './change.js';
import type { Effect, Step } from './effects.js';
import { openForm, withoutForm } from './form.js';
import { optionForKey } from './items/index.js';
import { type Command, keyOf } from './keys.js';
import { type Overlay, QUESTION_GUARD_MS, type State } from './state.js';

export type InboxOverlay = Extract<Overlay, { kind: 'inbox' }>;

/** The questions that were not answered here. */
export const openInbox = (state: State, { answered }: InboxOverlay): OpenApproval[] =>
  state.inbox.filter((q) => !answered.has(q.requestId));

/** The question that has the keys: the chosen one, else the oldest. */
export function chosenQuestion(state: State, overlay: InboxOverlay): OpenApproval | undefined {
  const open = openInbox(state, overlay);
  return open.find((q) => q.requestId === overlay.selected) ?? open[0];
}

/** Questions as they were asked; a large change is not read anew for every frame. */
const asked = new WeakMap<OpenApproval, QuestionItem | null>();

/** The question as its session shows it, where that is open here; else as it was asked. Null: it is of a kind that is not answered here. */
export function itemOf(state: State, question: OpenApproval): QuestionItem | null {
  const { sessionId, requestId, method, params, at } = question;
  const view = state.chats.get(sessionId)?.view;
  const known = view?.approvals.find((a) => a.requestId === requestId);
  if (known) return known;
  const read = asked.get(question);
  if (read !== undefined) return read;
  const frame = parseFrame(JSON.stringify({ jsonrpc: '2.0', id: requestId, method, params }));
  const item = foldEvents(sessionId, [{ sessionId, seq: 1, epoch: 1, at, frame }]).approvals[0] ?? null;
  asked.set(question, item);
  return item;
}

/** Some agents ask with no more than the id of a call that they announced before: then its session must be looked at. */
const isBare = (item: QuestionItem | null): boolean =>
  item?.kind === 'approval' && item.tool.content.length === 0 && item.tool.rawInput === null;

/** What to do with a question that is not answered here. */
export const opens = ({ keys }: State): string =>
  `${keyOf(keys, 'resume', 'inbox')} opens its session, where ${keyOf(keys, 'interrupt')} cancels the turn.`;

/** What a question is about, on one line, also where it is of a kind that is not answered here. */
export function aboutOf(state: State, question: OpenApproval): string {
  const { message } = question.params as { message?: unknown };
  const item = itemOf(state, question);
  if (item?.kind === 'approval') return item.tool.title;
  return typeof message === 'string' ? message : question.method;
}

/** Whether the keys answer now: the question has been on the screen for long enough to be the one that is meant. */
export const isInboxAnswering = ({ since }: InboxOverlay, now: number): boolean =>
  now - since >= QUESTION_GUARD_MS;

export const inboxOverlay = (state: State, now: number): Step<State> =>
  step(
    {
      ...state,
      overlay: {
        kind: 'inbox',
        selected: null,
        since: now,
        top: 0,
        answered: new Set(),
        loading: true,
        asked: true,
      },
    },
    { type: 'inbox' },
  );

/** Asks for the list, unless that was done and is not answered. */
export function readInbox(state: State): Step<State> {
  if (inboxOf(state)?.asked !== false) return step(state);
  return step(withInboxWindow(state, { asked: true }), { type: 'inbox' });
}

/** The inbox, also where a form of it is filled in. */
function inboxOf({ overlay }: State): InboxOverlay | null {
  const window = overlay?.kind === 'form' ? overlay.under : overlay;
  return window?.kind === 'inbox' ? window : null;
}

function withInboxWindow(state: State, change: Partial<InboxOverlay>): State {
  const inbox = inboxOf(state);
  if (!inbox) return state;
  const next = { ...inbox, ...change };
  return { ...state, overlay: state.overlay?.kind === 'form' ? { ...state.overlay, under: next } : next };
}

/** A list came; null: it could not be read. */
export function inboxRead(before: State, questions: State['inbox'] | null, now: number): Step<State> {
  const state = withInboxWindow(before, { loading: false, asked: false });
  if (questions === null) return step(state);
  const { overlay } = state;
  const listed: State = { ...state, inbox: questions };
  // A form that is filled in out of the inbox, and is not in it any more.
  const gone =
    overlay?.kind === 'form' &&
    overlay.under?.kind === 'inbox' &&
    questions.every((q) => q.requestId !== overlay.requestId);
  if (!gone) return inboxChanged(before, listed, now);
  const left = withoutForm(listed, (id) => id !== overlay.requestId);
  return inboxChanged({ ...before, overlay: overlay.under }, left, now);
}

/** After the list has changed: another question under the keys is a new one, and what is not known of it is asked for. */
export function inboxChanged(before: State, state: State, now: number): Step<State> {
  const { overlay } = state;
  if (overlay?.kind !== 'inbox') return step(state);
  const was = before.overlay?.kind === 'inbox' ? chosenQuestion(before, before.overlay) : undefined;
  const is = chosenQuestion(state, overlay);
  const isNew = is?.requestId !== was?.requestId;
  const moved: State = isNew
    ? { ...state, overlay: { ...overlay, selected: is?.requestId ?? null, since: now, top: 0 } }
    : state;
  // The first list that comes takes the place of an old one.
  const wasShown = before.overlay?.kind === 'inbox' && !before.overlay.loading;
  const next =
    was && wasShown && isTaken(state, overlay, was)
      ? say(moved, takenWords(state, was), now, 'warning')
      : moved;
  const effects: Effect[] =
    is && isNew && !state.chats.has(is.sessionId) && isBare(itemOf(state, is))
      ? [{ type: 'attach', sessionId: is.sessionId }]
      : [];
  return step(next, ...effects);
}

/** Whether the question went without an answer of here. */
const isTaken = (state: State, { answered }: InboxOverlay, { requestId }: OpenApproval): boolean =>
  !answered.has(requestId) && state.inbox.every((q) => q.requestId !== requestId);

function takenWords(state: State, { sessionId, requestId }: OpenApproval): string {
  const items = state.chats.get(sessionId)?.view.items ?? [];
  const item = items.findLast(
    (i): i is QuestionItem => (i.kind === 'approval' || i.kind === 'form') && i.requestId === requestId,
  );
  return outcomeWords(state, item);
}

/** Lines by which the keys scroll the question. */
const SCROLLS: Partial<Record<Command, number>> = { pageDown: 10, pageUp: -10 };

export function inInbox(
  state: State,
  overlay: InboxOverlay,
  command: Command,
  key: string,
  now: number,
): Step<State> {
  const open = openInbox(state, overlay);
  const chosen = chosenQuestion(state, overlay);
  const change = (next: Partial<InboxOverlay>): Step<State> =>
    inboxChanged(state, { ...state, overlay: { ...overlay, ...next } }, now);
  if (command === 'dismiss') return step({ ...state, overlay: null });
  if (!chosen) return step(state);
  const by = SCROLLS[command];
  if (by !== undefined)
    return step({ ...state, overlay: { ...overlay, top: Math.max(0, overlay.top + by) } });
  switch (command) {
    case 'next':
    case 'previous': {
      const at = open.indexOf(chosen) + (command === 'next' ? 1 : -1);
      return change({ selected: open[Math.max(0, Math.min(open.length - 1, at))]!.requestId });
    }
    case 'resume':
      return openSession(state, chosen.sessionId);
    case 'fillIn': {
      const item = itemOf(state, chosen);
      if (item?.kind !== 'form') return step(state);
      const { sessionId, requestId, hash } = chosen;
      return step(openForm(state, { sessionId, requestId, hash, form: item.form }));
    }
    default:
      return answer(state, overlay, chosen, key, now);
  }
}

function answer(
  state: State,
  overlay: InboxOverlay,
  chosen: OpenApproval,
  key: string,
  now: number,
): Step<State> {
  const item = itemOf(state, chosen);
  if (!item) {
    const text = `This question cannot be answered here. ${opens(state)}`;
    return step(say(state, text, now, 'warning'));
  }
  // The key was on its way before the question could be read.
  if (!isInboxAnswering(overlay, now)) return step(state);
  const option = item.kind === 'approval' ? optionForKey(item, key) : undefined;
  if (!option) return step(say(state, 'The agent does not offer that answer here.', now, 'warning'));
  const { requestId, hash } = chosen;
  const moved = answeredInInbox(state, requestId, now);
  return {
    state: moved.state,
    effects: [{ type: 'choose', requestId, optionId: option.optionId, hash }, ...moved.effects],
  };
}

/** A question was answered here: where the inbox is open its keys go to the next one. */
export function answeredInInbox(state: State, requestId: string, now: number): Step<State> {
  const { overlay } = state;
  if (overlay?.kind !== 'inbox') return step(state);
  const open = openInbox(state, overlay);
  const at = open.findIndex((q) => q.requestId === requestId);
  const next: InboxOverlay = {
    ...overlay,
    answered: new Set(overlay.answered).add(requestId),
    selected: (open[at + 1] ?? open[at - 1])?.requestId ?? null,
  };
  return inboxChanged(state, { ...state, overlay: next }, now);
}

/** The service refused an answer: the question is shown again if it is still open. */
export function chooseRefused(before: State, requestId: string, error: string, now: number): Step<State> {
  const chats = new Map(before.chats);
  for (const [id, chat] of chats) {
    if (!chat.answered.has(requestId)) continue;
    const answered = new Map(chat.answered);
    answered.delete(requestId);
    chats.set(id, { ...chat, answered });
  }
  const said = say({ ...before, chats }, `Not answered: ${error}`, now, 'bad');
  const { overlay } = said;
  if (overlay?.kind !== 'inbox') return step(said);
  const answered = new Set(overlay.answered);
  answered.delete(requestId);
  return readInbox({ ...said, overlay: { ...overlay, answered } });
}
