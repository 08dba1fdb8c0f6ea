import { expect, it } from 'vitest';
import { z } from 'zod';
import { ErrorCode, MAX_FRAME_BYTES, parseFrame, requestLine } from '../../proto/index.js';
import { type Call, MethodServer } from '../../service/methods/server.js';

it('answers with an error in the place of what is larger than a frame may be', async () => {
  const server = new MethodServer();
  server.add('big', z.looseObject({}), () => ({ text: 'é'.repeat(MAX_FRAME_BYTES / 2) }));
  const request = parseFrame(requestLine(1, 'big', {}));
  if (request.kind !== 'request') throw new Error('no request');
  const outcome = await server.answer(request, {} as Call);
  expect(JSON.parse('error' in outcome ? outcome.error : '{}')).toMatchObject({
    code: ErrorCode.FrameTooLarge,
  });
});
