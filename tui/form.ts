/** A form of an agent that is filled in: its fields as rows that the keys go through, and what was answered so far. */
import { fieldValue, valueProblem } from '../client/index.js';
import type { Form, FormAnswer, FormContent, FormField, FormValue } from '../proto/index.js';
import { takeQuestion } from './answers.js';
import { step, withChat } from './change.js';
import { type Editor, EMPTY_EDITOR, editorOf } from './editor.js';
import type { Step } from './effects.js';
import { answeredInInbox } from './inbox.js';
import type { Command } from './keys.js';
import type { FormDraft, Overlay, State } from './state.js';

export type FormOverlay = Extract<Overlay, { kind: 'form' }>;

type Picked = string | boolean;

export interface Option {
  value: Picked;
  title: string;
  description: string | null;
}

export type FormRow =
  | { kind: 'write'; field: FormField }
  | { kind: 'pick'; field: FormField; option: Option }
  | { kind: 'act'; action: FormAnswer['action'] };

const YES_NO: readonly Option[] = [
  { value: true, title: 'yes', description: null },
  { value: false, title: 'no', description: null },
];

/** What there is to choose from; none: the field is written into. */
export function optionsOf(field: FormField): readonly Option[] {
  if (field.kind === 'boolean') return YES_NO;
  return 'choices' in field ? field.choices : [];
}

const isWritten = ({ kind }: FormField): boolean => kind === 'text' || kind === 'number';

const ACTIONS = ['accept', 'decline', 'cancel'] as const;

/** From top to bottom. */
export const rowsOf = ({ fields }: Form): FormRow[] => [
  ...fields.flatMap((field): FormRow[] =>
    isWritten(field)
      ? [{ kind: 'write', field }]
      : optionsOf(field).map((option) => ({ kind: 'pick', field, option })),
  ),
  ...ACTIONS.map((action): FormRow => ({ kind: 'act', action })),
];

const rowOf = ({ form, row }: FormOverlay): FormRow => rowsOf(form)[row]!;

function initialDraft({ fields }: Form): FormDraft {
  const written = new Map<string, Editor>();
  const picked = new Map<string, readonly Picked[]>();
  for (const field of fields) {
    const { initial } = field;
    if (isWritten(field)) written.set(field.name, editorOf(initial === null ? '' : String(initial)));
    else picked.set(field.name, (Array.isArray(initial) ? initial : [initial]).filter(isPicked));
  }
  return { written, picked };
}

const isPicked = (value: FormValue | null): value is Picked =>
  typeof value === 'string' || typeof value === 'boolean';

export const writtenIn = ({ draft }: FormOverlay, { name }: FormField): Editor =>
  draft.written.get(name) ?? EMPTY_EDITOR;

export const isChosen = ({ draft }: FormOverlay, { name }: FormField, { value }: Option): boolean =>
  draft.picked.get(name)?.includes(value) ?? false;

/** What stands there may be chosen, or not. */
export const canChoose = (overlay: FormOverlay): boolean => rowOf(overlay).kind === 'pick';

/** The field that is written into; null: keys choose there. */
export function formField(overlay: FormOverlay): Editor | null {
  const row = rowOf(overlay);
  return row.kind === 'write' ? writtenIn(overlay, row.field) : null;
}

export function withFormField(overlay: FormOverlay, editor: Editor): FormOverlay {
  const row = rowOf(overlay);
  if (row.kind !== 'write') return overlay;
  const written = new Map(overlay.draft.written).set(row.field.name, editor);
  return { ...overlay, draft: { ...overlay.draft, written } };
}

function answerOf(overlay: FormOverlay, field: FormField): FormValue | undefined {
  if (isWritten(field)) return fieldValue(field, [writtenIn(overlay, field).text]);
  // In the order of the agent, not in that of the keys.
  const values = optionsOf(field).flatMap((o) => (isChosen(overlay, field, o) ? [o.value] : []));
  if (field.kind !== 'choices') return values[0];
  return values.length > 0 || field.required ? (values as string[]) : undefined;
}

/** What is wrong with the answer to `field`, once it was tried to send them; null: nothing. */
export const problemOf = (overlay: FormOverlay, field: FormField): string | null =>
  overlay.tried ? valueProblem(field, answerOf(overlay, field)) : null;

/** Opens the window of a form; what was answered there before is there again. */
export function openForm(
  state: State,
  given: Pick<FormOverlay, 'sessionId' | 'requestId' | 'hash' | 'form'>,
): State {
  const draft = state.formDrafts.get(given.requestId) ?? initialDraft(given.form);
  return {
    ...state,
    overlay: { kind: 'form', ...given, draft, row: 0, tried: false, under: state.overlay },
  };
}

const kept = (state: State, { requestId, draft }: FormOverlay): State => ({
  ...state,
  formDrafts: new Map(state.formDrafts).set(requestId, draft),
});

export function inForm(state: State, overlay: FormOverlay, command: Command, now: number): Step<State> {
  const rows = rowsOf(overlay.form);
  const row = rowOf(overlay);
  const at = (to: number): Step<State> =>
    step({ ...state, overlay: { ...overlay, row: Math.max(0, Math.min(rows.length - 1, to)) } });
  switch (command) {
    case 'dismiss':
      return step({ ...kept(state, overlay), overlay: overlay.under });
    case 'next':
      return at(overlay.row + 1);
    case 'previous':
      return at(overlay.row - 1);
    case 'toggle':
      return row.kind === 'pick' ? step({ ...state, overlay: turned(overlay, row) }) : step(state);
    case 'accept':
      return row.kind === 'act' ? act(state, overlay, row.action, now) : entered(state, overlay, row);
    default:
      return step(state);
  }
}

function turned(overlay: FormOverlay, { field, option }: FormRow & { kind: 'pick' }): FormOverlay {
  const was = overlay.draft.picked.get(field.name) ?? [];
  const others = field.kind === 'choices' ? was.filter((v) => v !== option.value) : [];
  const now = was.includes(option.value) ? others : [...others, option.value];
  const picked = new Map(overlay.draft.picked).set(field.name, now);
  return { ...overlay, draft: { ...overlay.draft, picked } };
}

/** Enter: takes what stands there, and goes on to the next field; where several may be chosen it stays. */
function entered(state: State, overlay: FormOverlay, row: Exclude<FormRow, { kind: 'act' }>): Step<State> {
  if (row.kind === 'pick' && row.field.kind === 'choices')
    return step({ ...state, overlay: turned(overlay, row) });
  const taken =
    row.kind === 'pick' && !isChosen(overlay, row.field, row.option) ? turned(overlay, row) : overlay;
  const next = rowsOf(overlay.form).findIndex(
    (r, i) => i > overlay.row && (r.kind === 'act' || r.field !== row.field),
  );
  return step({ ...state, overlay: { ...taken, row: next } });
}

function act(state: State, overlay: FormOverlay, action: FormAnswer['action'], now: number): Step<State> {
  if (action !== 'accept') return answered(state, overlay, { action }, now);
  const tried: FormOverlay = { ...overlay, tried: true };
  const wrong = overlay.form.fields.find((field) => problemOf(tried, field) !== null);
  if (!wrong) return answered(state, overlay, { action, content: contentOf(overlay) }, now);
  const row = rowsOf(overlay.form).findIndex((r) => r.kind !== 'act' && r.field === wrong);
  return step({ ...state, overlay: { ...tried, row: row < 0 ? overlay.row : row } });
}

const contentOf = (overlay: FormOverlay): FormContent =>
  Object.fromEntries(
    overlay.form.fields.flatMap((field): [string, FormValue][] => {
      const value = answerOf(overlay, field);
      return value === undefined ? [] : [[field.name, value]];
    }),
  );

function answered(state: State, overlay: FormOverlay, answer: FormAnswer, now: number): Step<State> {
  const { sessionId, requestId, hash, under } = overlay;
  const known = withChat({ ...kept(state, overlay), overlay: under }, sessionId, (chat) => ({
    answered: new Map(chat.answered).set(requestId, answer.action),
  }));
  const { state: next, effects } = answeredInInbox(takeQuestion(known, sessionId, now), requestId, now);
  return { state: next, effects: [{ type: 'answerForm', requestId, answer, hash }, ...effects] };
}

/** The form was answered elsewhere, or taken back: its window goes, and what was written in it. */
export function withoutForm(state: State, isOpen: (requestId: string) => boolean): State {
  const formDrafts = new Map([...state.formDrafts].filter(([id]) => isOpen(id)));
  const left = formDrafts.size === state.formDrafts.size ? state : { ...state, formDrafts };
  const { overlay } = left;
  return overlay?.kind === 'form' && !isOpen(overlay.requestId) ? { ...left, overlay: overlay.under } : left;
}
