/** What becomes of deliveries at the broker, and when it hears of it. */
import { describe, expect, it } from 'vitest';
import { Settlement } from '../../bus/client/settlement.js';

/** A channel that notes what it is told, and lets the test say when something else is written. */
function channel() {
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    told,
    settler: {
      ack: (tag: number, multiple: boolean) => told.push(`ack ${multiple ? 'up to ' : ''}${tag}`),
      nack: (tag: number, requeue: boolean) => told.push(`${requeue ? 'requeue' : 'drop'} ${tag}`),
      later: (write: () => void) => void waiting.push(write),
    },
    /** Something else is written. */
    speak() {
      for (const write of waiting.splice(0)) write();
    },
  };
}

describe('what is done with deliveries', () => {
  it('is told with the next thing that is written, as one', () => {
    const { settler, told, speak } = channel();
    const settlement = new Settlement(settler, 50);
    const [one, two, three] = [1, 2, 3].map((tag) => settlement.take(tag));
    one!('ack');
    two!('ack');
    expect(told).toEqual([]);
    speak();
    three!('ack');
    speak();
    expect(told).toEqual(['ack up to 2', 'ack up to 3']);
  });

  it('does not wait when the broker would wait for it', async () => {
    const { settler, told, speak } = channel();
    const settlement = new Settlement(settler, 2);
    const settles = [1, 2, 3].map((tag) => settlement.take(tag));
    for (const settle of settles) settle('ack');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(told).toEqual(['ack up to 3']);
    speak();
    expect(told).toEqual(['ack up to 3']);
  });

  it('is told each on its own behind one that is not done', () => {
    const { settler, told, speak } = channel();
    const settlement = new Settlement(settler, 50);
    const [, two, three] = [1, 2, 3].map((tag) => settlement.take(tag));
    two!('ack');
    three!('drop');
    speak();
    expect(told).toEqual(['drop 3', 'ack 2']);
  });

  it('is told no more when the channel is gone', async () => {
    const { settler, told, speak } = channel();
    const settlement = new Settlement(settler, 50);
    settlement.take(1)('ack');
    settlement.close();
    speak();
    await settlement.idle();
    expect(told).toEqual([]);
  });
});
