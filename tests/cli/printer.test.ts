/** What a transcript on the terminal shows of prompts. */
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { type Io, processIo } from '../../cli/io.js';
import { TextPrinter } from '../../cli/turn/printer.js';
import { newId, notificationLine, parseFrame } from '../../proto/index.js';

it('names who prompted, unless it was this login', () => {
  let printed = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      printed += chunk;
      done();
    },
  });
  const io: Io = { ...processIo(), stdout };
  const printer = new TextPrinter(io, false, 'me');
  const sessionId = newId();
  for (const [i, by] of ['me', 'laptop'].entries()) {
    const prompt = [{ type: 'text', text: 'one\ntwo' }];
    const line = notificationLine('_praxis/turn', {
      sessionId,
      turnId: newId(),
      state: 'running',
      prompt,
      by,
    });
    printer.event({ sessionId, seq: i + 1, epoch: 1, at: 1, frame: parseFrame(line) });
  }
  expect(printed).toBe('> one\n> two\nlaptop> one\nlaptop> two\n');
});
