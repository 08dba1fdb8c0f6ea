/**
 * Forms by which agents ask (`elicitation/create` with mode "form", https://agentclientprotocol.com/protocol/v1/schema): read into
 * fields that a person can fill in, and the answers to them. Members that are malformed count as absent, as ACP asks.
 */
import { z } from 'zod';
import { MAX_FORM_CHARACTERS, MAX_FORM_CHOICES, MAX_FORM_FIELDS } from './limits.js';

export const ELICITATION = 'elicitation/create';

export interface FormChoice {
  value: string;
  title: string;
  description: string | null;
}

interface FieldBase {
  /** The member of the answer's `content`. */
  name: string;
  title: string;
  description: string | null;
  required: boolean;
}

export type TextFormat = 'email' | 'uri' | 'date' | 'date-time';

export interface TextField extends FieldBase {
  kind: 'text';
  minLength: number | null;
  maxLength: number | null;
  pattern: string | null;
  format: TextFormat | null;
  initial: string | null;
}

export interface NumberField extends FieldBase {
  kind: 'number';
  integer: boolean;
  minimum: number | null;
  maximum: number | null;
  initial: number | null;
}

export interface BooleanField extends FieldBase {
  kind: 'boolean';
  initial: boolean | null;
}

export interface ChoiceField extends FieldBase {
  kind: 'choice';
  choices: FormChoice[];
  initial: string | null;
}

export interface ChoicesField extends FieldBase {
  kind: 'choices';
  choices: FormChoice[];
  minItems: number | null;
  maxItems: number | null;
  initial: string[];
}

export type FormField = TextField | NumberField | BooleanField | ChoiceField | ChoicesField;

export interface Form {
  message: string;
  /** In the order of the schema. None: only whether it is accepted is asked. */
  fields: FormField[];
}

export type FormValue = string | number | boolean | string[];
export type FormContent = Record<string, FormValue>;

/** What a person makes of a form. To decline is an answer; to cancel is to give none. */
export const FormAnswer = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('accept'),
    content: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  }),
  z.object({ action: z.literal('decline') }),
  z.object({ action: z.literal('cancel') }),
]);
export type FormAnswer = z.infer<typeof FormAnswer>;

const text = z.string();
const absent = <T extends z.ZodType>(schema: T) => schema.nullable().catch(null).default(null);
const length = absent(z.number().int().min(0));
const about = { title: absent(text), description: absent(text) };
const Choice = z.looseObject({ const: text, title: text, description: absent(text) });
const Choices = z.array(Choice);
const Values = z.array(text);

const Params = z.looseObject({
  mode: z.literal('form'),
  message: text,
  requestedSchema: z.looseObject({
    properties: z.record(text, z.looseObject({ type: text })).default({}),
    required: absent(z.array(text)),
  }),
});

const Text = z.looseObject({
  ...about,
  enum: absent(Values),
  oneOf: absent(Choices),
  default: absent(text),
  minLength: length,
  maxLength: length,
  pattern: absent(text),
  format: absent(z.enum(['email', 'uri', 'date', 'date-time'])),
});
const Numeric = z.looseObject({
  ...about,
  minimum: absent(z.number()),
  maximum: absent(z.number()),
  default: absent(z.number()),
});
const Bool = z.looseObject({ ...about, default: absent(z.boolean()) });
const Several = z.looseObject({
  ...about,
  items: z.union([
    z.looseObject({ anyOf: Choices }).transform(({ anyOf }) => anyOf.map(choice)),
    z.looseObject({ type: z.literal('string'), enum: Values }).transform((items) => items.enum.map(untitled)),
  ]),
  minItems: length,
  maxItems: length,
  default: absent(Values),
});

const choice = ({ const: value, title, description }: z.infer<typeof Choice>): FormChoice => ({
  value,
  title,
  description,
});
const untitled = (value: string): FormChoice => ({ value, title: value, description: null });

/** Undefined: of a kind that is not known here, which must not be shown as one that is. */
function readField(name: string, schema: { type: string }, required: boolean): FormField | undefined {
  const base = (read: { title: string | null; description: string | null }) => ({
    name,
    title: read.title || name,
    description: read.description,
    required,
  });
  switch (schema.type) {
    case 'string': {
      const read = Text.parse(schema);
      const { minLength, maxLength, pattern, format, default: initial } = read;
      const choices = read.oneOf?.map(choice) ?? read.enum?.map(untitled);
      return choices
        ? { kind: 'choice', ...base(read), choices, initial }
        : { kind: 'text', ...base(read), minLength, maxLength, pattern, format, initial };
    }
    case 'number':
    case 'integer': {
      const read = Numeric.parse(schema);
      const { minimum, maximum, default: initial } = read;
      return { kind: 'number', integer: schema.type === 'integer', ...base(read), minimum, maximum, initial };
    }
    case 'boolean': {
      const read = Bool.parse(schema);
      return { kind: 'boolean', ...base(read), initial: read.default };
    }
    case 'array': {
      const read = Several.safeParse(schema).data;
      if (!read) return undefined;
      const { items: choices, minItems, maxItems, default: initial } = read;
      return { kind: 'choices', ...base(read), choices, minItems, maxItems, initial: initial ?? [] };
    }
    default:
      return undefined;
  }
}

/**
 * The form of a request; null where it is none, or none that can be filled in here: it is too large, or needs a field of an
 * unknown kind. One that is not needed is left out.
 */
export function readForm(method: string, params: unknown): Form | null {
  if (method !== ELICITATION) return null;
  const read = Params.safeParse(params);
  if (!read.success) return null;
  const { message, requestedSchema } = read.data;
  const required = new Set(requestedSchema.required ?? []);
  const properties = Object.entries(requestedSchema.properties);
  if (properties.length > MAX_FORM_FIELDS) return null;
  const fields: FormField[] = [];
  for (const [name, schema] of properties) {
    const field = readField(name, schema, required.has(name));
    if (field) fields.push(field);
    else if (required.has(name)) return null;
  }
  if ([...required].some((name) => !fields.some((field) => field.name === name))) return null;
  const choices = fields.flatMap((field) => ('choices' in field ? field.choices : []));
  if (choices.length > MAX_FORM_CHOICES) return null;
  const form = { message, fields };
  return JSON.stringify(form).length > MAX_FORM_CHARACTERS ? null : form;
}

const FORMATS: Record<TextFormat, { schema: z.ZodType; words: string }> = {
  email: { schema: z.email(), words: 'an e-mail address' },
  uri: { schema: z.url(), words: 'a URI, such as https://example.org' },
  date: { schema: z.iso.date(), words: 'a date, such as 2026-01-31' },
  'date-time': { schema: z.iso.datetime({ offset: true }), words: 'a time, such as 2026-01-31T12:00:00Z' },
};

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `at least 1`, `at most 3`, `1 to 3`. */
function range(low: number | null, high: number | null, what?: string): string {
  const of = (n: number) => (what === undefined ? String(n) : plural(n, what));
  if (low !== null && high !== null) return low === high ? of(low) : `${low} to ${of(high)}`;
  return low !== null ? `at least ${of(low)}` : `at most ${of(high!)}`;
}

const isOutside = (n: number, low: number | null, high: number | null): boolean =>
  (low !== null && n < low) || (high !== null && n > high);

/** What is wrong with `value` as an answer to `field`, as the end of a sentence ("must be ..."); null: nothing. Patterns are not looked at. */
export function fieldProblem(field: FormField, value: FormValue | undefined): string | null {
  if (value === undefined) return field.required ? 'must be answered' : null;
  switch (field.kind) {
    case 'text': {
      if (typeof value !== 'string') return 'must be a text';
      const { minLength, maxLength, format } = field;
      if (isOutside([...value].length, minLength, maxLength))
        return `must have ${range(minLength, maxLength, 'character')}`;
      if (format !== null && !FORMATS[format].schema.safeParse(value).success)
        return `must be ${FORMATS[format].words}`;
      return null;
    }
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
      if (field.integer && !Number.isInteger(value)) return 'must be a whole number';
      const { minimum, maximum } = field;
      return isOutside(value, minimum, maximum) ? `must be ${range(minimum, maximum)}` : null;
    }
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be yes or no';
    case 'choice':
      return field.choices.some((one) => one.value === value) ? null : 'must be one of the choices';
    case 'choices': {
      if (!Array.isArray(value) || !value.every((v) => field.choices.some((one) => one.value === v)))
        return 'must be of the choices';
      const { minItems, maxItems } = field;
      return isOutside(value.length, minItems, maxItems)
        ? `must be ${range(minItems, maxItems, 'choice')}`
        : null;
    }
  }
}

/** What is wrong with `content` as the answer to `form`: by field, and of names that it has not. Empty: nothing. */
export function contentProblems(form: Form, content: FormContent): Map<string, string> {
  const problems = new Map<string, string>();
  for (const field of form.fields) {
    const problem = fieldProblem(field, Object.hasOwn(content, field.name) ? content[field.name] : undefined);
    if (problem !== null) problems.set(field.name, problem);
  }
  for (const name of Object.keys(content))
    if (!form.fields.some((field) => field.name === name)) problems.set(name, 'is not asked for');
  return problems;
}

/** Whether a person can answer the request on the screen and on the command line of Praxis. */
export const isForPeople = (method: string, params: unknown): boolean =>
  method === 'session/request_permission' || readForm(method, params) !== null;
