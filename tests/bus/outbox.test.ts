/** The outbox over a bus whose confirms the test gives. */
import { describe, expect, it } from 'vitest';
import { type BusState, createOutbox, type Outgoing, Unconfirmed, Unroutable } from '../../bus/index.js';
import { MAX_BATCH_BYTES, MAX_BATCH_FRAMES } from '../../proto/index.js';

function world(options: { maxBytes?: number } = {}) {
  let state: BusState = { kind: 'connected' };
  let listener: (state: BusState) => void = () => undefined;
  const sent: {
    key: string;
    lines: string[];
    seq: number | undefined;
    confirm(): void;
    fail(error: Error): void;
  }[] = [];
  const unroutable: string[] = [];
  const outbox = createOutbox<string>({
    bus: {
      get state() {
        return state;
      },
      onState(call) {
        listener = call;
        return () => undefined;
      },
      publish: ({ key, lines, headers }) =>
        new Promise<void>((confirm, fail) =>
          sent.push({ key, lines: [...lines], seq: headers.seq, confirm, fail }),
        ),
    },
    compose: (lane, lines, first): Outgoing => ({
      exchange: 'x',
      key: lane,
      headers: first === undefined ? {} : { seq: first },
      lines,
    }),
    onUnroutable: (lane, lines) => unroutable.push(`${lane}: ${lines.join()}`),
    ...options,
  });
  return {
    outbox,
    sent,
    unroutable,
    push: (lane: string, line: string, number?: number) => outbox.push(lane, lane, line, number),
    /** Pushed by itself: the turn of the event loop ends behind it. */
    async pushAlone(lane: string, line: string, number?: number) {
      outbox.push(lane, lane, line, number);
      await Promise.resolve();
    },
    become(next: BusState) {
      state = next;
      listener(next);
    },
    /** The message is answered, and what follows from it has happened. */
    async answer(index: number, error?: Error) {
      const message = sent[index]!;
      if (error) message.fail(error);
      else message.confirm();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

describe('an outbox', () => {
  it('sends in one message what was pushed in one go', async () => {
    const { push, pushAlone, sent } = world();
    push('a', '1', 1);
    await pushAlone('a', '2', 2);
    expect(sent.map(({ lines }) => lines)).toEqual([['1', '2']]);
  });

  it('sends at once while few messages are under way, and gathers what comes beyond', async () => {
    const { pushAlone, sent, answer, outbox } = world();
    for (let i = 1; i <= 7; i++) await pushAlone('a', String(i), i);
    expect(sent.map(({ lines }) => lines)).toEqual([['1'], ['2'], ['3'], ['4']]);
    await answer(0);
    expect(sent[4]).toMatchObject({ lines: ['5', '6', '7'], seq: 5 });
    for (let i = 1; i <= 4; i++) await answer(i);
    await outbox.drained();
    expect(outbox.bytes).toBe(0);
  });

  it('does not let one lane wait for another', async () => {
    const { pushAlone, sent } = world();
    await pushAlone('a', '1');
    await pushAlone('b', '2');
    expect(sent.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('sends what was not confirmed again, first and in order, when the bus is back', async () => {
    const { push, pushAlone, sent, answer, become } = world();
    for (let i = 1; i <= 3; i++) await pushAlone('a', String(i), i);
    await answer(0);
    become({ kind: 'connecting', attempt: 1 });
    await answer(1, new Unconfirmed('gone'));
    await answer(2, new Unconfirmed('gone'));
    push('a', '4', 4);
    expect(sent.length).toBe(3);
    become({ kind: 'connected' });
    expect(sent[3]).toMatchObject({ lines: ['2', '3', '4'], seq: 2 });
  });

  it('waits for every outcome before it sends again after a loss', async () => {
    const { push, pushAlone, sent, answer } = world();
    for (let i = 1; i <= 3; i++) await pushAlone('a', String(i), i);
    await answer(1, new Unconfirmed('gone'));
    push('a', '4', 4);
    await answer(0);
    expect(sent.length).toBe(3);
    await answer(2);
    expect(sent[3]).toMatchObject({ lines: ['2', '3', '4'], seq: 2 });
  });

  it('keeps what comes while the bus is away', () => {
    const { push, sent, become } = world();
    become({ kind: 'connecting', attempt: 1 });
    push('a', '1');
    expect(sent).toEqual([]);
    become({ kind: 'connected' });
    expect(sent.map(({ lines }) => lines)).toEqual([['1']]);
  });

  it('gives back what nobody is there for, and goes on', async () => {
    const { pushAlone, sent, answer, unroutable } = world();
    await pushAlone('a', '1');
    await answer(0, new Unroutable('x', 'a'));
    expect(unroutable).toEqual(['a: 1']);
    await pushAlone('a', '2');
    expect(sent[1]!.lines).toEqual(['2']);
  });

  it('ends a message where the numbers do not follow, and before frames without a number', async () => {
    const { push, sent, become } = world();
    become({ kind: 'connecting', attempt: 1 });
    push('a', '1', 1);
    push('a', '2', 2);
    push('a', '4', 4);
    push('a', 'answer');
    push('a', '5', 5);
    become({ kind: 'connected' });
    expect(sent.map(({ lines, seq }) => [lines.join(), seq])).toEqual([
      ['1,2', 1],
      ['4', 4],
      ['answer', undefined],
      ['5', 5],
    ]);
  });

  it('bounds a message by bytes and by frames; a larger frame goes alone', () => {
    const { push, sent, become } = world();
    become({ kind: 'connecting', attempt: 1 });
    const half = 'x'.repeat(MAX_BATCH_BYTES / 2 - 1);
    for (const line of [half, half, half, 'y'.repeat(2 * MAX_BATCH_BYTES)]) push('a', line);
    for (let i = 0; i < MAX_BATCH_FRAMES + 2; i++) push('a', 'z');
    become({ kind: 'connected' });
    expect(sent.map(({ lines }) => lines.length)).toEqual([2, 1, 1, MAX_BATCH_FRAMES]);
  });

  it('tells its producer to wait at the limit, until there is room', async () => {
    const { push, answer, outbox } = world({ maxBytes: 10 });
    push('a', '123456');
    expect(outbox.full).toBe(false);
    await outbox.room();
    push('a', '123456');
    expect(outbox.full).toBe(true);
    let room = false;
    const waiting = outbox.room().then(() => {
      room = true;
    });
    await Promise.resolve();
    expect(room).toBe(false);
    await answer(0);
    await waiting;
    expect(outbox.full).toBe(false);
  });
});
