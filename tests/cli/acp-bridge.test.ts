/** What an editor hears, and in which order where it comes in one piece. */
import { expect, it } from 'vitest';
import { Bridge } from '../../cli/acp/bridge.js';
import type { Link, LinkListener } from '../../client/index.js';
import { notificationLine, parseFrame, type Response, requestLine, resultLine } from '../../proto/index.js';

const SESSION = '8f14e45f-ceea-467f-a8f6-6c3f6c1d8f6b';

/** An editor that said `initialize` with these capabilities and has one session. */
async function editor(clientCapabilities: object = {}) {
  let listener: LinkListener = {};
  const shown: string[] = [];
  const said: string[] = [];
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
        say: (line: string) => void said.push(line),
        room: async () => undefined,
      }) as unknown as Link,
    defaults: {},
    toEditor: (line) => shown.push(line),
    busy: () => undefined,
    schedule: () => () => undefined,
    warn: () => undefined,
  });
  const params = { clientCapabilities };
  await bridge.line({ text: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }) });
  await bridge.line({ text: '{"jsonrpc":"2.0","id":"n","method":"session/new","params":{"cwd":"/"}}' });
  let seq = 0;
  return {
    shown,
    said,
    answer: (line: string) => listener.answer!(parseFrame(line) as Response),
    event: (line: string) =>
      listener.event!({ sessionId: SESSION, seq: ++seq, epoch: 1, at: 0, frame: parseFrame(line) }),
  };
}

it('gets the answer to session/new, then the events that came right behind it', async () => {
  const { shown, answer, event } = await editor();
  const update = notificationLine('session/update', { sessionId: SESSION, update: {} });
  // One after the other, as from one piece of a socket: no promise resolves between them.
  answer(resultLine(7, { sessionId: SESSION }));
  event(update);
  expect(shown).toEqual([resultLine('n', { sessionId: SESSION }), update]);
});

it.each([
  ['form', {}, false],
  ['form', { elicitation: { form: null, url: {} } }, false],
  ['form', { elicitation: { form: {} } }, true],
  ['url', { elicitation: { form: {} } }, false],
])('is asked by an elicitation of the mode %s as it said that it can: %j', async (mode, able, isAsked) => {
  const { shown, said, answer, event } = await editor(able);
  answer(resultLine(7, { sessionId: SESSION }));
  event(requestLine('q', 'elicitation/create', { sessionId: SESSION, mode, message: 'Which?' }));
  expect(shown.slice(1).map((line) => JSON.parse(line).method)).toEqual(
    isAsked ? ['elicitation/create'] : [],
  );
  expect(said.map((line) => JSON.parse(line))).toMatchObject(
    isAsked ? [] : [{ id: 'q', error: { code: -32601 } }],
  );
});
