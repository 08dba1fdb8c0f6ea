/** `praxis approvals`: the inbox of open questions over all sessions. An answer is bound to the arguments that were read. */
import { type Client, fieldValue, fieldWords, sanitizeLine, valueProblem } from '../../client/index.js';
import {
  type ApprovalChoice,
  type Form,
  type FormAnswer,
  type FormContent,
  type FormField,
  type FormValue,
  type OpenApproval,
  readForm,
} from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { UsageError } from '../exit.js';
import { canAsk, type Io, json, note, say } from '../io.js';
import { onlyMatch } from '../prefix.js';
import { shellWord } from '../shell.js';
import { short, table, time } from '../table.js';
import { Lines } from '../turn/ask.js';
import { askFields, initialOf } from '../turn/form.js';

interface Json {
  json?: boolean;
}

export function list(io: Io, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const approvals = await open(client);
    if (options.json) json(io, approvals);
    else if (approvals.length === 0) say(io, 'No question is open.');
    else {
      const rows = approvals.map((one) => [
        one.requestId,
        short(one.sessionId),
        `${one.connector}@${one.node}`,
        time(one.at),
        titleOf(one),
      ]);
      for (const line of table(['QUESTION', 'SESSION', 'AGENT', 'ASKED', 'ABOUT'], rows)) say(io, line);
    }
    return 0;
  });
}

export function show(io: Io, id: string, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const one = find(await open(client), id);
    if (options.json) {
      json(io, one);
      return 0;
    }
    const rows = [
      ['question', one.requestId],
      ['about', titleOf(one)],
      ['session', one.title === null ? one.sessionId : `${one.sessionId} ${one.title}`],
      ['agent', `${one.agent} on ${one.node}`],
      ['asked', time(one.at)],
      [
        'waits',
        one.denyAt === null
          ? 'until it is answered'
          : `until ${time(one.denyAt)}, then it is ${one.method === 'session/request_permission' ? 'rejected' : 'cancelled'}`,
      ],
      ['hash', one.hash],
    ];
    for (const line of table(['', ''], rows).slice(1)) say(io, line);
    const form = readForm(one.method, one.params);
    if (form) {
      for (const line of table(['FIELD', '', 'ANSWER', 'ABOUT'], fieldRows(form))) say(io, line);
      const set = form.fields.filter(({ required }) => required).map(setOption);
      say(io, ['praxis approvals answer', short(one.requestId), 'accept', ...set].join(' '));
    }
    for (const line of JSON.stringify(one.params, null, 2).split('\n')) say(io, visible(line));
    return 0;
  });
}

/** The option that answers a field. Its name is the agent's, and the line is there to be pasted into a shell. */
const setOption = ({ name }: FormField): string => `--set ${shellWord(`${sanitizeLine(name)}=...`)}`;

export type Answer = 'allow' | 'reject' | FormAnswer['action'];

export interface AnswerOptions extends Json {
  always?: boolean;
  hash?: string;
  /** `field=value`, in the order of the command line. */
  set?: string[];
}

export async function answer(io: Io, id: string, word: Answer, options: AnswerOptions): Promise<number> {
  if (options.set && word !== 'accept') throw new UsageError('--set belongs to accept');
  if (options.always && !isOfPermission(word)) throw new UsageError('--always belongs to allow and reject');
  return withClient(io, async (client) => {
    const one = find(await open(client), id);
    const { requestId, hash } = one;
    const choice = await choiceOf(io, one, word, options);
    if (choice === undefined) throw new UsageError('The form was not filled in to its end: it stays open');
    const params = { requestId, choice, hash: options.hash ?? hash };
    const done = await within(client.call('_praxis/approvals/answer', params));
    if (options.json) json(io, { requestId, ...done });
    else say(io, `${DONE[word]}: ${titleOf(one)}`);
    return 0;
  });
}

const isOfPermission = (word: Answer): word is 'allow' | 'reject' => word === 'allow' || word === 'reject';

const DONE: Record<Answer, string> = {
  allow: 'Allowed',
  reject: 'Rejected',
  accept: 'Answered',
  decline: 'Declined',
  cancel: 'Cancelled',
};

/** Undefined: it was asked for here, and not given. */
async function choiceOf(
  io: Io,
  { method, params, requestId }: OpenApproval,
  word: Answer,
  options: AnswerOptions,
): Promise<ApprovalChoice | undefined> {
  const form = readForm(method, params);
  if (form && isOfPermission(word))
    throw new UsageError(`${short(requestId)} is a form: accept, decline or cancel it`);
  if (!form && !isOfPermission(word))
    throw new UsageError(`${short(requestId)} is no form: allow or reject it`);
  if (isOfPermission(word)) return `${word}_${options.always ? 'always' : 'once'}`;
  if (word !== 'accept') return { action: word };
  if (!options.set && form!.fields.length > 0 && canAsk(io)) {
    const lines = new Lines(io, new AbortController().signal);
    const content = await askFields(form!, lines, (line) => note(io, line)).finally(() => lines.close());
    return content && { action: word, content };
  }
  return { action: word, content: contentOf(form!, options.set ?? []) };
}

/** Throws UsageError with every field that is wrong. */
function contentOf(form: Form, set: readonly string[]): FormContent {
  const given = new Map<string, string[]>();
  for (const one of set) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(one) ?? [];
    const field = form.fields.find((f) => f.name === name);
    if (!field) {
      const names = form.fields.map((f) => f.name).join(', ');
      throw new UsageError(`The form has no field ${name || one}; it has ${names || 'none'}`);
    }
    if (given.has(name) && field.kind !== 'choices') throw new UsageError(`${name} has one answer`);
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  const answers = form.fields.map((field) => {
    const written = given.get(field.name);
    const value = written ? fieldValue(field, written) : initialOf(field);
    return { field, value, problem: valueProblem(field, value) };
  });
  const problems = answers.flatMap(({ field, problem }) =>
    problem === null ? [] : [`${field.name} ${problem}${field.required ? ` (${setOption(field)})` : ''}`],
  );
  if (problems.length > 0) throw new UsageError(problems.join('; '));
  return Object.fromEntries(
    answers.flatMap(({ field, value }): [string, FormValue][] =>
      value === undefined ? [] : [[field.name, value]],
    ),
  );
}

const open = async (client: Client): Promise<OpenApproval[]> =>
  (await within(client.call('_praxis/approvals', {}))).approvals;

const find = (approvals: readonly OpenApproval[], prefix: string): OpenApproval =>
  onlyMatch(approvals, ({ requestId }) => requestId, prefix, 'open question');

function titleOf({ params, method }: OpenApproval): string {
  const call = (params.toolCall ?? {}) as { title?: unknown; toolCallId?: unknown };
  return sanitizeLine(String(call.title ?? call.toolCallId ?? params.message ?? method));
}

/** The fields of a form by the names that `--set` takes, with what may be written there. */
function fieldRows({ fields }: Form): string[][] {
  return fields.map((field) => {
    const choices = 'choices' in field ? field.choices.map(({ value }) => value).join(', ') : null;
    const words =
      choices === null ? fieldWords(field) : `${field.kind === 'choices' ? 'any' : 'one'} of ${choices}`;
    const about = [field.title, field.description].filter((text) => text !== null && text !== field.name);
    return [field.name, field.required ? 'required' : '', words, about.join(': ')];
  });
}

/** A line of JSON in which every character that a terminal would obey, or not show, is written as an escape. */
const visible = (line: string): string =>
  line.replace(/[^\x20-\x7e]/g, (one) =>
    /\p{L}|\p{N}|\p{P}|\p{S}/u.test(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
