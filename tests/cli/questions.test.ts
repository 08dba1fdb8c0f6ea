import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Io } from '../../cli/io.js';
import { Questions } from '../../cli/turn/questions.js';
import { parseFrame } from '../../proto/index.js';

const sessionId = '5b0f7f3a-6a56-4c53-9d4a-6f1f3f6f4c1e';

it('lets no agent wait for a form that the command line cannot show', () => {
  const said: unknown[] = [];
  const client = { address: 'ada.1', answer: (...args: unknown[]) => void said.push(args) };
  const questions = new Questions(
    {} as Io,
    client,
    { remark: () => undefined },
    { waits: false, how: () => '' },
  );
  const params = { sessionId, mode: 'form', message: 'Which branch?', requestedSchema: {} };
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
    const questions = new Questions(io, client, { remark: () => undefined }, { waits: false, how: () => '' });
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
