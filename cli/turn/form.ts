/** A form of the agent on the terminal: field by field, each checked before the next. */
import { fieldValue, fieldWords, sanitizeLine, valueProblem, valueWords } from '../../client/index.js';
import type { Form, FormAnswer, FormContent, FormField, FormValue } from '../../proto/index.js';
import type { Lines } from './ask.js';

const ACTIONS: Record<string, FormAnswer['action']> = { f: 'accept', d: 'decline', c: 'cancel' };

/** Asks whether and then what; undefined when somebody else has answered or the input has ended. */
export async function askForm(
  form: Form,
  lines: Lines,
  remark: (line: string) => void,
): Promise<FormAnswer | undefined> {
  remark(`? ${sanitizeLine(form.message)}`);
  let action: FormAnswer['action'] | undefined;
  while (action === undefined) {
    const word = await lines.ask('fill in (f), decline (d) or cancel (c): ');
    if (word === undefined) return undefined;
    action = ACTIONS[word];
  }
  if (action !== 'accept') return { action };
  const content = await askFields(form, lines, remark);
  return content && { action, content };
}

/** Undefined when somebody else has answered or the input has ended. */
export async function askFields(
  form: Form,
  lines: Lines,
  remark: (line: string) => void,
): Promise<FormContent | undefined> {
  const content: [string, FormValue][] = [];
  for (const field of form.fields) {
    const answered = await askField(field, lines, remark);
    if (answered === undefined) return undefined;
    if (answered.value !== undefined) content.push([field.name, answered.value]);
  }
  return Object.fromEntries(content);
}

/** What the agent proposes. */
export function initialOf({ initial }: FormField): FormValue | undefined {
  return initial === null || (Array.isArray(initial) && initial.length === 0) ? undefined : initial;
}

async function askField(
  field: FormField,
  lines: Lines,
  remark: (line: string) => void,
): Promise<{ value: FormValue | undefined } | undefined> {
  const { title, description, required } = field;
  remark(`  ${sanitizeLine(title)}${description === null ? '' : `: ${sanitizeLine(description)}`}`);
  if ('choices' in field)
    for (const [i, one] of field.choices.entries())
      remark(
        `  ${i + 1}) ${sanitizeLine(one.title)}${one.description === null ? '' : `  ${sanitizeLine(one.description)}`}`,
      );
  const initial = initialOf(field);
  const empty =
    initial !== undefined
      ? `Enter: ${sanitizeLine(valueWords(field, initial))}`
      : required
        ? 'required'
        : 'Enter leaves it out';
  for (;;) {
    const line = await lines.ask(`  ${hint(field)} (${empty}): `);
    if (line === undefined) return undefined;
    const value = line === '' ? initial : fieldValue(field, written(field, line));
    const problem = valueProblem(field, value);
    if (problem === null) return { value };
    remark(`  ${sanitizeLine(problem)}`);
  }
}

function hint(field: FormField): string {
  if (!('choices' in field)) return fieldWords(field);
  const numbers = `1-${field.choices.length}`;
  return field.kind === 'choices' ? `${numbers}, several with commas` : numbers;
}

/** Choices by their numbers, where they are no words. */
function written(field: FormField, line: string): string[] {
  if (!('choices' in field)) return [line];
  const parts = field.kind === 'choices' ? line.split(',').map((part) => part.trim()) : [line];
  return parts.map((part) => (/^\d+$/.test(part) ? (field.choices[Number(part) - 1]?.value ?? part) : part));
}
