import { describe, expect, it } from 'vitest';
import {
  contentProblems,
  type FormContent,
  fieldProblem,
  isForPeople,
  MAX_FORM_CHARACTERS,
  MAX_FORM_CHOICES,
  MAX_FORM_FIELDS,
  readForm,
} from '../../proto/index.js';

const form = (properties: object, required: string[] = [], more: object = {}) =>
  readForm('elicitation/create', {
    sessionId: 's',
    mode: 'form',
    message: 'Which?',
    requestedSchema: { type: 'object', properties, required, ...more },
  });

const problems = (properties: object, content: FormContent, required: string[] = []) =>
  Object.fromEntries(contentProblems(form(properties, required)!, content));

describe('a form of an agent', () => {
  it('has its fields in the order of the schema, by the title or else the name', () => {
    const read = form(
      {
        name: { type: 'string', title: 'Your name', description: 'As on the badge' },
        age: { type: 'integer', minimum: 1, default: 30 },
        sure: { type: 'boolean', default: true },
        size: { type: 'string', enum: ['S', 'M'], default: 'M' },
        langs: {
          type: 'array',
          items: { anyOf: [{ const: 'ts', title: 'TypeScript', description: 'typed' }] },
          minItems: 1,
        },
        tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
      },
      ['name'],
    );
    expect(read?.message).toBe('Which?');
    expect(read?.fields).toMatchObject([
      { kind: 'text', name: 'name', title: 'Your name', description: 'As on the badge', required: true },
      { kind: 'number', title: 'age', integer: true, minimum: 1, maximum: null, initial: 30 },
      { kind: 'boolean', initial: true, required: false },
      { kind: 'choice', choices: [{ value: 'S', title: 'S' }, { value: 'M' }], initial: 'M' },
      { kind: 'choices', choices: [{ value: 'ts', title: 'TypeScript', description: 'typed' }], minItems: 1 },
      { kind: 'choices', choices: [{ value: 'a' }, { value: 'b' }], initial: [] },
    ]);
  });

  it('bears malformed members, as ACP asks, and leaves out a field of an unknown kind', () => {
    const read = form({
      name: { type: 'string', title: 7, minLength: 'x', format: 'ipv4', default: 3 },
      future: { type: '_picture' },
    });
    expect(read?.fields).toMatchObject([{ name: 'name', title: 'name', minLength: null, format: null }]);
  });

  it('is none for people when it needs a field of an unknown kind, or one that it does not describe', () => {
    expect(form({ future: { type: '_picture' } }, ['future'])).toBeNull();
    expect(form({}, ['name'])).toBeNull();
  });

  it('is none for people when it is no form at all, or too large', () => {
    expect(readForm('elicitation/create', { mode: 'url', message: 'x', url: 'https://a' })).toBeNull();
    expect(readForm('elicitation/create', { mode: 'form', message: 'x' })).toBeNull();
    expect(isForPeople('fs/read_text_file', {})).toBe(false);
    expect(isForPeople('session/request_permission', {})).toBe(true);
    const many = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [i, { type: 'boolean' }]));
    expect(form(many(MAX_FORM_FIELDS))).not.toBeNull();
    expect(form(many(MAX_FORM_FIELDS + 1))).toBeNull();
    const values = Array.from({ length: MAX_FORM_CHOICES + 1 }, (_, i) => String(i));
    expect(form({ a: { type: 'string', enum: values } })).toBeNull();
    const long = 'x'.repeat(MAX_FORM_CHARACTERS);
    expect(form({ a: { type: 'string', description: long.slice(1_000) } })).not.toBeNull();
    expect(form({ a: { type: 'string', description: long } })).toBeNull();
    const asked = { mode: 'form', message: long, requestedSchema: { properties: {} } };
    expect(readForm('elicitation/create', asked)).toBeNull();
  });
});

describe('an answer to a form', () => {
  it.each([
    [{ type: 'string', minLength: 2 }, 'a', 'must have at least 2 characters'],
    [{ type: 'string', maxLength: 1 }, 'ab', 'must have at most 1 character'],
    [{ type: 'string', minLength: 2, maxLength: 2 }, '👍👍', null],
    [{ type: 'string', format: 'email' }, 'ada', 'must be an e-mail address'],
    [{ type: 'string', format: 'email' }, 'ada@example.org', null],
    [{ type: 'string', format: 'uri' }, 'here', 'must be a URI, such as https://example.org'],
    [{ type: 'string', format: 'date' }, '2026-02-30', 'must be a date, such as 2026-01-31'],
    [{ type: 'string', format: 'date-time' }, '2026-02-03T04:05:06+01:00', null],
    [{ type: 'integer' }, 1.5, 'must be a whole number'],
    [{ type: 'number', minimum: 0, maximum: 1 }, 1.5, 'must be 0 to 1'],
    [{ type: 'number' }, '1', 'must be a number'],
    [{ type: 'boolean' }, 'yes', 'must be yes or no'],
    [{ type: 'string', enum: ['a'] }, 'b', 'must be one of the choices'],
    [{ type: 'array', items: { type: 'string', enum: ['a'] } }, ['b'], 'must be of the choices'],
    [
      { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, maxItems: 1 },
      ['a', 'b'],
      'must be at most 1 choice',
    ],
  ])('is checked by the schema: %j %j', (schema, value, problem) => {
    const [field] = form({ it: schema })!.fields;
    expect(fieldProblem(field!, value)).toBe(problem);
  });

  it('has what is required and nothing that was not asked for', () => {
    const properties = { name: { type: 'string' }, constructor: { type: 'string' } };
    expect(problems(properties, { name: 'Ada' }, ['name'])).toEqual({});
    expect(problems(properties, { other: 1 }, ['name', 'constructor'])).toEqual({
      name: 'must be answered',
      constructor: 'must be answered',
      other: 'is not asked for',
    });
  });
});
