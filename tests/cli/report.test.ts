/** What a person reads when a command line cannot be carried out. */
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { report } from '../../cli/exit.js';
import { main } from '../../cli/index.js';
import { type Io, processIo } from '../../cli/io.js';
import { invalidParams } from '../../proto/index.js';

function written(): { io: Io; text: () => string } {
  let printed = '';
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      printed += chunk;
      done();
    },
  });
  return { io: { ...processIo(), stderr, env: {} }, text: () => printed };
}

const idle = async () => undefined;
const nothing = { file: '', problems: [], functions: [], reads: [], found: null };
const parts = { program: '', service: idle, node: idle, checkConnector: async () => nothing };

it('names the word that is no command', async () => {
  const { io, text } = written();
  expect(await main(['statsu', '--json-not'], parts, io)).toBe(64);
  expect(await main(['statsu'], parts, io)).toBe(64);
  expect(text()).toContain('There is no command statsu; praxis --help lists them');
});

it('lists the nodes and their agents when none could be chosen', () => {
  const { io, text } = written();
  const choices = [
    { node: 'laptop', state: 'live', connectors: ['demo', 'codex'] },
    { node: 'box', state: 'lost', connectors: [] },
  ];
  expect(report(io, invalidParams('There is no agent cody', { choices }), false)).toBe(64);
  expect(text()).toBe(
    'praxis: There is no agent cody\n  laptop (live): demo, codex\n  box (lost): no agents\n',
  );
});
