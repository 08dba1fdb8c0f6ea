import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { Io } from '../../cli/io.js';
import { Questions } from '../../cli/turn/questions.js';
import { parseFrame } from '../../proto/index.js';

const UNATTENDED = { waits: async () => false, how: () => '', howToWait: () => '--deny-after 600' };
const sessionId = '5b0f7f3a-6a56-4c53-9d4a-6f1f3f6f4c1e';

it('lets no agent wait for a page that the command line cannot show', () => {
  const said: unknown[] = [];
  const client = { address: 'ada.1', answer: (...args: unknown[]) => void said.push(args) };
  const questions = new Questions({} as Io, client, { remark: () => undefined }, UNATTENDED);
  const params = {
    sessionId,
    mode: 'url',
    message: 'Log in',
    url: 'https://example.org',
    elicitationId: 'e',
  };
  const frame = parseFrame(JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params }));
  questions.event({ sessionId, seq: 1, epoch: 1, at: 0, frame });
  expect(said).toEqual([
    [sessionId, 'q', { error: { code: -32601, message: 'Praxis does not answer elicitation/create here' } }],
  ]);
});

it.each([
  ['2', 'no'],
  ['a', 'yes'],
  ['r', 'no'],
])('takes an answer by number, or by the key of the screen: %s', async (word, optionId) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const io = { stdin, stderr, env: {} } as unknown as Io;
  const answered = new Promise((resolve) => {
    const client = {
      address: 'ada.1',
      answer: (_session: string, _id: string, answer: unknown) => resolve(answer),
    };
    const questions = new Questions(io, client, { remark: () => undefined }, UNATTENDED);
    const params = {
      sessionId,
      toolCall: { toolCallId: 't', title: 'ls' },
      options: [
        { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
        { optionId: 'no', name: 'Reject', kind: 'reject_once' },
      ],
    };
    const line = JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'session/request_permission', params });
    questions.event({ sessionId, seq: 1, epoch: 1, at: 0, frame: parseFrame(line) });
  });
  stdin.write(`what?\nA\n${word}\n`);
  expect(await answered).toEqual({ result: { outcome: { outcome: 'selected', optionId } } });
  expect(String(stderr.read())).toBe('1-2 a r: 1-2 a r: 1-2 a r: ');
});

const FORM = {
  mode: 'form',
  message: 'Who are you?',
  requestedSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', title: 'Your name', minLength: 2 },
      age: { type: 'integer', default: 36 },
      sure: { type: 'boolean', description: 'Think twice' },
      size: {
        type: 'string',
        oneOf: [
          { const: 's', title: 'Small' },
          { const: 'm', title: 'Medium' },
        ],
      },
      langs: { type: 'array', items: { type: 'string', enum: ['ts', 'py', 'go'] } },
      note: { type: 'string' },
    },
    required: ['name'],
  },
};

const asks = (questions: Questions) => {
  const params = { sessionId, ...FORM };
  const line = JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params });
  questions.event({ sessionId, seq: 1, epoch: 1, at: 0, frame: parseFrame(line) });
};

function atTerminal(remarks: string[] = []) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const io = { stdin, stderr, env: {} } as unknown as Io;
  const answer = new Promise((resolve) => {
    const client = { address: 'ada.1', answer: (_s: string, _id: string, given: unknown) => resolve(given) };
    asks(new Questions(io, client, { remark: (line) => void remarks.push(line) }, UNATTENDED));
  });
  return { stdin, stderr, answer };
}

it('asks a form field by field, again where the schema does not allow the answer, and leaves out what is not answered', async () => {
  const remarks: string[] = [];
  const { stdin, stderr, answer } = atTerminal(remarks);
  stdin.write('what\nf\n\nA\nAda\n\nyes\n7\nmedium\n3, ts\n\n');
  const content = { name: 'Ada', age: 36, sure: true, size: 'm', langs: ['go', 'ts'] };
  expect(await answer).toEqual({ result: { action: 'accept', content } });
  expect(remarks).toEqual([
    '? Who are you?',
    '  Your name',
    '  must be answered',
    '  must have at least 2 characters',
    '  age',
    '  sure: Think twice',
    '  size',
    '  1) Small',
    '  2) Medium',
    '  must be one of the choices',
    '  langs',
    '  1) ts',
    '  2) py',
    '  3) go',
    '  note',
  ]);
  expect(String(stderr.read())).toContain('  whole number (Enter: 36):   yes or no (Enter leaves it out): ');
});

it.each([
  ['d', 'decline'],
  ['c', 'cancel'],
])('declines or cancels a form: %s', async (word, action) => {
  const { stdin, answer } = atTerminal();
  stdin.write(`${word}\n`);
  expect(await answer).toEqual({ result: { action } });
});

it('cancels a form where nobody can be asked, and says how to have it wait', async () => {
  const said: unknown[] = [];
  const remarks: string[] = [];
  const client = { address: 'ada.1', answer: (...args: unknown[]) => void said.push(args) };
  const io = { stdin: new PassThrough(), stderr: new PassThrough() } as unknown as Io;
  const questions = new Questions(io, client, { remark: (line) => void remarks.push(line) }, UNATTENDED);
  asks(questions);
  await vi.waitFor(() => expect(said).toHaveLength(1));
  expect(said).toEqual([[sessionId, 'q', { result: { action: 'cancel' } }]]);
  const params = { sessionId, requestId: 'q', by: 'ada', result: { action: 'cancel' } };
  const line = JSON.stringify({ jsonrpc: '2.0', method: '_praxis/request/resolved', params });
  questions.event({ sessionId, seq: 2, epoch: 1, at: 0, frame: parseFrame(line) });
  expect(remarks).toEqual([
    'cancelled, since nobody can be asked here (no terminal): Who are you?',
    '  to have it wait for an answer: --deny-after 600',
  ]);
  expect(questions.rejections).toMatchObject([{ requestId: 'q', title: 'Who are you?', kind: null }]);
});

it('does not answer what somebody else has answered while it was asked whether it waits', async () => {
  const said: unknown[] = [];
  let tell: (waits: boolean) => void = () => undefined;
  const told = new Promise<boolean>((resolve) => {
    tell = resolve;
  });
  const client = { address: 'ada.1', answer: (...args: unknown[]) => void said.push(args) };
  const io = { stdin: new PassThrough(), stderr: new PassThrough() } as unknown as Io;
  const questions = new Questions(
    io,
    client,
    { remark: () => undefined },
    { ...UNATTENDED, waits: () => told },
  );
  asks(questions);
  const params = { sessionId, requestId: 'q', by: 'grace', result: { action: 'decline' } };
  const line = JSON.stringify({ jsonrpc: '2.0', method: '_praxis/request/resolved', params });
  questions.event({ sessionId, seq: 2, epoch: 1, at: 0, frame: parseFrame(line) });
  tell(false);
  await told;
  expect(said).toEqual([]);
});
