/** Forms in words: their answers as a person reads and writes them, on the screen and on the command line. */
import { runInNewContext } from 'node:vm';
import {
  type Form,
  type FormContent,
  type FormField,
  type FormValue,
  fieldProblem,
  type TextField,
} from '../proto/index.js';

/** Milliseconds that the pattern of a field may take: it comes from the agent, and some never end. */
const PATTERN_MS = 50;

/** What came of the newest answer to a field: a screen asks again whenever it is drawn. */
const tried = new WeakMap<TextField, { text: string; fits: boolean }>();

/** Whether `text` has what the field's pattern asks for. */
function fits(field: TextField, text: string): boolean {
  if (field.pattern === null) return true;
  const known = tried.get(field);
  if (known?.text === text) return known.fits;
  const fits = matches(field.pattern, text);
  tried.set(field, { text, fits });
  return fits;
}

/** A pattern that is none, or takes too long, is left to the agent. */
function matches(pattern: string, text: string): boolean {
  try {
    return runInNewContext('new RegExp(pattern, "u").test(text)', { pattern, text }, { timeout: PATTERN_MS });
  } catch {
    return true;
  }
}

/** What is wrong with `value`, by the schema that the agent sent, as the end of a sentence; null: nothing. */
export function valueProblem(field: FormField, value: FormValue | undefined): string | null {
  const problem = fieldProblem(field, value);
  if (problem !== null || field.kind !== 'text' || typeof value !== 'string') return problem;
  return fits(field, value) ? null : `must be like ${field.pattern}`;
}

const YES = ['yes', 'y', 'true'];
const NO = ['no', 'n', 'false'];

/** What is written of one answer; several for a field with several choices. Undefined: nothing. What is no answer stays a text, and is a problem. */
export function fieldValue(field: FormField, written: readonly string[]): FormValue | undefined {
  const given = written.filter((one) => one.trim() !== '');
  const [first] = given;
  if (first === undefined) return undefined;
  const word = first.trim();
  const chosen = (one: string): string => {
    if (!('choices' in field) || field.choices.some(({ value }) => value === one)) return one;
    return field.choices.find(({ title }) => title.toLowerCase() === one.toLowerCase())?.value ?? one;
  };
  switch (field.kind) {
    case 'text':
      return first;
    case 'number':
      return Number.isFinite(Number(word)) ? Number(word) : word;
    case 'boolean':
      return YES.includes(word.toLowerCase()) ? true : NO.includes(word.toLowerCase()) ? false : word;
    case 'choice':
      return chosen(word);
    case 'choices':
      return given.map((one) => chosen(one.trim()));
  }
}

/** The value as a person reads it. */
export function valueWords(field: FormField, value: FormValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const titleOf = (one: string): string =>
    ('choices' in field ? field.choices.find((c) => c.value === one)?.title : undefined) ?? one;
  return Array.isArray(value) ? value.map(titleOf).join(', ') : titleOf(String(value));
}

/** Everything that was answered, by the titles of the fields. */
export const contentWords = ({ fields }: Form, content: FormContent): { title: string; words: string }[] =>
  fields.flatMap((field) => {
    const value = Object.hasOwn(content, field.name) ? content[field.name] : undefined;
    return value === undefined ? [] : [{ title: field.title, words: valueWords(field, value) }];
  });

/** What may be written there: `yes or no`, `a whole number from 1 to 9`. */
export function fieldWords(field: FormField): string {
  switch (field.kind) {
    case 'text':
      return field.format === null
        ? 'text'
        : {
            email: 'e-mail address',
            uri: 'URI',
            date: 'date, as 2026-01-31',
            'date-time': 'time, as 2026-01-31T12:00:00Z',
          }[field.format];
    case 'number': {
      const { minimum, maximum, integer } = field;
      const bounds = [minimum === null ? '' : ` from ${minimum}`, maximum === null ? '' : ` to ${maximum}`];
      return `${integer ? 'whole number' : 'number'}${bounds.join('')}`;
    }
    case 'boolean':
      return 'yes or no';
    case 'choice':
      return 'one of the choices';
    case 'choices':
      return 'any of the choices';
  }
}
