/** The order in which an editor hears what comes in one piece. */
import { expect, it } from 'vitest';
import { Bridge } from '../../cli/acp/bridge.js';
import type { Link, LinkListener } from '../../client/index.js';
import { notificationLine, parseFrame, type Response, resultLine } from '../../proto/index.js';

const SESSION = '8f14e45f-ceea-467f-a8f6-6c3f6c1d8f6b';

it('gets the answer to session/new, then the events that came right behind it', async () => {
  let listener: LinkListener = {};
  const shown: string[] = [];
  const bridge = new Bridge({
    open: () =>
      ({
        state: { kind: 'connected' },
        listen(given: LinkListener) {
          listener = given;
          return () => undefined;
        },
        onState: () => () => undefined,
        request(compose: (id: number) => string) {
          compose(7);
          return new Promise(() => undefined);
        },
        room: async () => undefined,
      }) as unknown as Link,
    defaults: {},
    toEditor: (line) => shown.push(line),
    busy: () => undefined,
    schedule: () => () => undefined,
    warn: () => undefined,
  });
  await bridge.line({ text: '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}' });
  await bridge.line({ text: '{"jsonrpc":"2.0","id":"n","method":"session/new","params":{"cwd":"/"}}' });
  const update = notificationLine('session/update', { sessionId: SESSION, update: {} });
  // One after the other, as from one piece of a socket: no promise resolves between them.
  listener.answer!(parseFrame(resultLine(7, { sessionId: SESSION })) as Response);
  listener.event!({ sessionId: SESSION, seq: 1, epoch: 1, at: 0, frame: parseFrame(update) });
  expect(shown).toEqual([resultLine('n', { sessionId: SESSION }), update]);
});
