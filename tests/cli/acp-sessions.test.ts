/** Where an editor stands in the journals of its sessions, whatever becomes of the link. */
import { expect, it } from 'vitest';
import { EditorQuestions } from '../../cli/acp/questions.js';
import { EditorSessions } from '../../cli/acp/sessions.js';
import { ErrorCode, notificationLine, PraxisError, parseFrame, type Response } from '../../proto/index.js';

const SESSION = '8f14e45f-ceea-467f-a8f6-6c3f6c1d8f6b';

function editor() {
  const asked: { method: string; params: unknown }[] = [];
  const shown: string[] = [];
  let abandon = (): void => undefined;
  const sessions = new EditorSessions({
    link: {
      request(compose) {
        const { method, params } = JSON.parse(compose(1)) as { method: string; params: unknown };
        asked.push({ method, params });
        return new Promise<Response>((_, reject) => {
          abandon = () => reject(new PraxisError(ErrorCode.Disconnected, 'away'));
        });
      },
    },
    toEditor: (line) => shown.push(line),
    questions: new EditorQuestions(
      () => undefined,
      () => undefined,
    ),
    warn: () => undefined,
  });
  return { sessions, asked, shown, abandon: () => abandon() };
}

const update = (seq: number) => ({
  sessionId: SESSION,
  seq,
  epoch: 1,
  at: 0,
  frame: parseFrame(notificationLine('session/update', { sessionId: SESSION, update: { seq } })),
});

it.each(['session/load', 'session/resume'])(
  'loses nothing when the link is lost after %s was answered and before the first live event',
  (method) => {
    const { sessions, asked } = editor();
    sessions.reopening(SESSION, method === 'session/load');
    sessions.reopened(SESSION, { modes: {}, _meta: { praxis: { seq: 41 } } });
    sessions.renewed();
    expect(asked).toEqual([{ method: '_praxis/session/attach', params: { sessionId: SESSION, after: 41 } }]);
  },
);

it('goes on after the newest event that the editor got', () => {
  const { sessions, asked, shown } = editor();
  sessions.reopening(SESSION, false);
  sessions.reopened(SESSION, { _meta: { praxis: { seq: 41 } } });
  for (const seq of [41, 42, 43]) sessions.event(update(seq));
  sessions.renewed();
  expect(shown).toEqual([update(42).frame.line, update(43).frame.line]);
  expect(asked[0]!.params).toEqual({ sessionId: SESSION, after: 43 });
});

it('watches no session whose load was refused', () => {
  const { sessions, asked } = editor();
  sessions.reopening(SESSION, true);
  sessions.refused(SESSION);
  sessions.renewed();
  expect(asked).toEqual([]);
});

it('goes on watching when the service was away for so long that the editor was told so', async () => {
  const { sessions, asked, shown, abandon } = editor();
  sessions.opened(SESSION);
  sessions.event(update(1));
  sessions.renewed();
  abandon();
  await new Promise(setImmediate);
  sessions.event(update(3));
  expect(asked.map(({ params }) => params)).toEqual([
    { sessionId: SESSION, after: 1 },
    { sessionId: SESSION, after: 1 },
  ]);
  for (const seq of [2, 3]) sessions.event(update(seq));
  expect(shown).toEqual([1, 2, 3].map((seq) => update(seq).frame.line));
});
