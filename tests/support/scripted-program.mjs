// A program for tests of connectors: it takes a JSON object a line and says JSON objects. `{say: [...]}` is said at once, `{hang: true}` is
// never answered, `{exit: N}` ends it, `{deaf: true}` makes it ignore SIGINT and SIGTERM.
import { createInterface } from 'node:readline';

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ pid: process.pid });
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { say: words = [], exit, deaf } = JSON.parse(line);
    for (const word of words) say(word);
    if (deaf) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
    if (exit !== undefined) {
      process.stderr.write('out of ideas\n');
      process.exitCode = exit;
      process.stdin.destroy();
    }
  })
  .on('close', () => process.exit());
