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
