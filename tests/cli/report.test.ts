/** What a person reads when a command line cannot be carried out. */
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { ofTurn, report } from '../../cli/exit.js';
import { main } from '../../cli/index.js';
import { type Io, processIo } from '../../cli/io.js';
import { ErrorCode, invalidParams, PraxisError } from '../../proto/index.js';

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

it.each([
  ['of praxis', ['statsu'], 'statsu', 'status', 'praxis'],
  ['of a group', ['session', 'lst'], 'lst', 'list', 'praxis session'],
  ['after help', ['help', 'session', 'lst'], 'lst', 'list', 'praxis session'],
])('names the word that is no command, and what was meant: %s', async (_where, argv, word, meant, path) => {
  const { io, text } = written();
  expect(await main(argv, parts, io)).toBe(64);
  expect(text()).toBe(
    `praxis: unknown command '${word}'\n(Did you mean ${meant}?)\n  ${path} --help says how\n`,
  );
});

it.each([
  [['run'], "praxis: missing required argument 'agent'\n  praxis run --help says how\n"],
  [['session', 'send'], "praxis: missing required argument 'id'\n  praxis session send --help says how\n"],
  [['session', 'bogus'], "praxis: unknown command 'bogus'\n  praxis session --help says how\n"],
])('says of %j what is wrong and where help is', async (argv, told) => {
  const { io, text } = written();
  expect(await main(argv, parts, io)).toBe(64);
  expect(text()).toBe(told);
});

it('tells a program of a wrong command line in JSON', async () => {
  const { io, text } = written();
  expect(await main(['run', '--json'], parts, { ...io, stdout: io.stderr })).toBe(64);
  const message = "missing required argument 'agent'";
  const error = { error: { code: ErrorCode.InvalidParams, message }, exitCode: 64 };
  expect(JSON.parse(text().trim().split('\n').at(-1)!)).toMatchObject(error);
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

it.each([
  ['Praxis', PraxisError.from(new Error('broken')), 'Praxis itself failed: broken', 70],
  [
    'the agent',
    new PraxisError(ErrorCode.InternalError, 'broken', { reason: 'mine' }),
    'The agent answered with an error: broken',
    76,
  ],
  [
    'the connector',
    new PraxisError(ErrorCode.InternalError, 'The connector failed: broken', { by: 'connector' }),
    'The connector failed: broken',
    76,
  ],
])('says of an internal error in a prompt that it is of %s', (_whose, error, told, code) => {
  const { io, text } = written();
  expect(report(io, ofTurn(error), false)).toBe(code);
  expect(text()).toBe(`praxis: ${told}\n`);
});
