import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { foldEvents, type SessionEvent, SessionFold, transcriptMarkdown } from '../../client/index.js';
import { parseFrame } from '../../proto/index.js';

interface Fixture {
  title: string;
  sessionId: string;
  events: { seq: number; epoch: number; at: number; frame: object }[];
  expected: { items: object[] } & Record<string, unknown>;
}

const folder = new URL('../fixtures/fold/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Fixture);

const eventsOf = (fixture: Fixture): SessionEvent[] =>
  fixture.events.map((e) => ({
    ...e,
    sessionId: fixture.sessionId,
    frame: parseFrame(JSON.stringify(e.frame)),
  }));

describe('the fold', () => {
  it.each(fixtures)('$title', (fixture) => {
    expect(foldEvents(fixture.sessionId, eventsOf(fixture))).toMatchObject(fixture.expected);
  });

  it.each(fixtures)('gives the same view when every event comes twice: $title', (fixture) => {
    const events = eventsOf(fixture);
    const twice = events.flatMap((event) => [event, event]);
    expect(foldEvents(fixture.sessionId, twice)).toEqual(foldEvents(fixture.sessionId, events));
  });

  it('lets the version of an item grow exactly when it changes', () => {
    const fixture = fixtures.find((f) => f.title.startsWith('Tool calls'))!;
    const fold = new SessionFold(fixture.sessionId);
    let before = new Map<string, { version: number; shape: string }>();
    for (const event of eventsOf(fixture)) {
      fold.apply(event);
      const now = new Map<string, { version: number; shape: string }>();
      for (const item of fold.view.items) {
        const { version, ...rest } = item;
        const shape = JSON.stringify(rest);
        const old = before.get(item.id);
        if (old && old.shape !== shape) expect(version).toBeGreaterThan(old.version);
        now.set(item.id, { version, shape });
      }
      before = now;
    }
  });

  it.each([
    ['lost', 'node_stopped', null, 'The session is lost: its node was stopped'],
    ['ended', 'closed', null, 'The session has ended: it was closed'],
    [
      'lost',
      'agent_exited',
      'The agent ended with exit code 3',
      'The session is lost: The agent ended with exit code 3',
    ],
    ['lost', 'of_a_later_version', null, 'The session is lost: of_a_later_version'],
  ])('says for people why a session is %s: %s', (state, reason, detail, text) => {
    const params = { sessionId: 'one', state, reason, detail };
    const frame = parseFrame(JSON.stringify({ jsonrpc: '2.0', method: '_praxis/session/state', params }));
    const view = foldEvents('one', [{ sessionId: 'one', seq: 1, epoch: 1, at: 0, frame }]);
    expect(view.items.map((item) => (item as { text?: string }).text)).toEqual([text]);
  });

  it('ignores events of another session', () => {
    const fixture = fixtures[0]!;
    const fold = new SessionFold('another');
    for (const event of eventsOf(fixture)) expect(fold.apply(event)).toBe(false);
    expect(fold.view.items).toEqual([]);
  });

  it('costs the same for each event, however long the session is', () => {
    const sessionId = fixtures[0]!.sessionId;
    const chunk = (seq: number): SessionEvent => ({
      sessionId,
      seq,
      epoch: 1,
      at: seq,
      frame: {
        kind: 'notification',
        method: 'session/update',
        params: {
          update:
            seq % 10 === 0
              ? { sessionUpdate: 'tool_call', toolCallId: `c${seq}`, title: 'x', status: 'completed' }
              : { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'word ' } },
        },
        line: '',
      },
    });
    const fold = new SessionFold(sessionId);
    let reads = 0;
    fold.view.items = new Proxy(fold.view.items, {
      get(items, key, receiver) {
        reads++;
        return Reflect.get(items, key, receiver);
      },
    });
    const readsUntil = (last: number): number => {
      const before = reads;
      for (let seq = last - 999; seq <= last; seq++) fold.apply(chunk(seq));
      return reads - before;
    };
    const [, second, third] = [1_000, 2_000, 3_000].map(readsUntil);
    expect(fold.view.items).toHaveLength(600);
    expect(second).toBeGreaterThan(0);
    expect(third).toBe(second);
  });
});

describe('the transcript', () => {
  it('is a markdown document of everything, without terminal escapes', () => {
    const fixture = fixtures.find((f) => f.title.startsWith('Tool calls'))!;
    const markdown = transcriptMarkdown(foldEvents(fixture.sessionId, eventsOf(fixture)));
    expect(markdown).toContain('## ada\n\nGo');
    expect(markdown).toMatch(/## ada\n\nGo\n\n## Agent\n\n/);
    expect(markdown).toContain('✔ **Read file** (completed)');
    expect(markdown).toContain('```diff\n--- /src/a.ts\n+x\n```');
    expect(markdown).toContain('⊘ **Hangs** (cancelled)');
    expect(markdown).not.toMatch(/\x1b/);
  });

  it('cannot be broken out of by backticks in the output of a tool', () => {
    const fixture = fixtures.find((f) => f.title.startsWith('Tool calls'))!;
    const view = foldEvents(fixture.sessionId, eventsOf(fixture));
    const tool = view.items.find((i) => i.kind === 'tool')!;
    tool.content = [{ type: 'text', text: 'a\n```\n# not a heading' }];
    expect(transcriptMarkdown(view)).toContain('````text\na\n```\n# not a heading\n````');
  });

  it('keeps plain text as it was said', () => {
    const fixture = fixtures.find((f) => f.title.startsWith('Messages are plain'))!;
    const markdown = transcriptMarkdown(foldEvents(fixture.sessionId, eventsOf(fixture)));
    expect(markdown).toContain('```text\n\n  __init__\n\n```');
    expect(markdown).toContain('\n\n*a*\n\n');
  });
});
