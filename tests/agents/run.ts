/**
 * `npm run test:agents [names | all]`: runs the matrix and writes docs/agents.md from what it saw. Rows of agents that did not
 * take part stay as they are.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startVitest, type TestCase, type TestModule } from 'vitest/node';
import { AGENTS, nameOf, ROWS, type Row, rowsNamed } from './catalog.js';

const FILE = fileURLToPath(new URL('../../docs/agents.md', import.meta.url));

const INTRO = `# Agents

Written by \`npm run test:agents\`, which drives each real program through the whole system (client, bus, service, node, connector,
agent) with a model stub on loopback behind it. Not edited by hand: a cell says what the last run saw.
\`npm run agents:install [names | all]\` puts the pinned versions into a cache first.
`;

const names = process.argv.slice(2);
const named = rowsNamed(names).map(nameOf);
process.env.MATRIX_AGENTS = named.join(' ');

const cell = (test: TestCase): string => {
  const { state } = test.result();
  const { note } = test.meta();
  if (state === 'passed') return test.name === 'is found' ? (note ?? '') : note ? `yes, ${note}` : 'yes';
  return note ? `no, ${note}` : 'no';
};

const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((text) => text.trim());

function write(modules: readonly TestModule[]): void {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const checks = [...new Set(tests.map(({ name }) => name))].filter((name) => name !== 'is found');
  const row = (each: Row): string => {
    const own = tests.filter(({ parent }) => parent.type === 'suite' && parent.name === nameOf(each));
    const seen = ['is found', ...checks].map((name) => own.find((test) => test.name === name));
    const { id, transport } = each;
    return `| ${[id, AGENTS[id].package, transport, ...seen.map((test) => (test ? cell(test) : '-'))].join(' | ')} |`;
  };
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n') : [];
  const header = ['connector', 'package', 'transport', 'version', ...checks];
  // A check that is new has not been tried with it.
  const old = ({ id, transport }: Row): string | undefined => {
    const columns = cells(before.find((line) => line.startsWith('| connector |')) ?? '');
    const found = before
      .map(cells)
      .find((row) => row[0] === id && row[columns.indexOf('transport')] === transport);
    return found && `| ${header.map((name) => found[columns.indexOf(name)] ?? '-').join(' | ')} |`;
  };
  const rows = ROWS.flatMap((each) => (named.includes(nameOf(each)) ? row(each) : (old(each) ?? [])));
  const lines = [`| ${header.join(' | ')} |`, `|${header.map(() => '---|').join('')}`, ...rows];
  writeFileSync(FILE, `${INTRO}\n${lines.join('\n')}\n`);
}

const vitest = await startVitest('test', [], {
  config: fileURLToPath(new URL('./vitest.config.ts', import.meta.url)),
  root: fileURLToPath(new URL('../..', import.meta.url)),
  watch: false,
  reporters: ['verbose', { onTestRunEnd: write }],
});
await vitest?.close();
