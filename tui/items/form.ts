/** A form of the agent: what it asks for, while it is open; answered, it is one line. */
import { contentWords, type FormItem, fieldWords, sanitizeLine } from '../../client/index.js';
import type { FormField } from '../../proto/index.js';
import { fitted, type Line, type Style, span, wrap } from '../draw/line.js';
import { byWhom } from './approval.js';
import type { ItemContext, Renderer } from './context.js';

/** Fields that are named in the transcript; the window has all. */
const MAX_FIELDS = 8;

const ANSWERED: Record<Exclude<FormItem['state'], 'open'>, [glyph: string, style: Style, word: string]> = {
  accepted: ['✔ ', 'good', 'Answered'],
  declined: ['⊘ ', 'warning', 'Declined'],
  cancelled: ['⊘ ', 'warning', 'Cancelled'],
  failed: ['⊘ ', 'warning', 'Not answered'],
};

function answered(
  { state, by, form, content }: FormItem,
  { width, me }: Pick<ItemContext, 'width' | 'me'>,
): Line[] {
  if (state === 'open') return [];
  const [glyph, style, word] = ANSWERED[state];
  const answers = contentWords(form, content ?? {}).map(({ title, words }) => `${title}: ${words}`);
  return [
    fitted(
      [
        span(`${glyph}${word}${byWhom(by, me)}: `, style),
        span(sanitizeLine(form.message), 'dim'),
        span(answers.length > 0 ? `  ${sanitizeLine(answers.join(' · '))}` : ''),
      ],
      width,
    ),
  ];
}

/** What a field asks for: its choices, or what is written there. */
function wanted(field: FormField): string {
  if (!('choices' in field)) return fieldWords(field);
  const names = field.choices.map(({ title }) => title).join(', ');
  return field.kind === 'choices' ? `any of ${names}` : names;
}

/** The fields of an open form, one a line. */
export function fieldLines({ form }: FormItem, width: number): Line[] {
  const lines = form.fields
    .slice(0, MAX_FIELDS)
    .map((field) =>
      fitted(
        [
          span(sanitizeLine(field.title), 'strong'),
          span(`${field.required ? ' (required)' : ''}: ${sanitizeLine(wanted(field))}`, 'dim'),
        ],
        width,
      ),
    );
  const more = form.fields.length - lines.length;
  return more > 0 ? [...lines, [span(`and ${more} more`, 'dim')]] : lines;
}

export const form: Renderer<FormItem> = (item, context) => {
  const { width, answering, answerHint } = context;
  if (item.state !== 'open') return answered(item, context);
  const inner = width - 2;
  const lines: Line[] = [
    ...wrap([span('Answer? ', 'warning'), span(sanitizeLine(item.form.message), 'strong')], inner),
    ...fieldLines(item, inner),
    ...(answerHint === '' ? [] : [[], ...wrap([span(answerHint, answering ? 'key' : 'dim')], inner)]),
  ];
  return lines.map((l): Line => [span('▌ ', 'warning'), ...l]);
};
