/** docs/cli.md says what the commands' own help says, so that it cannot rot. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit.js';
import { buildProgram } from '../../cli/index.js';
import { processIo } from '../../cli/io.js';

const doc = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const idle = async () => undefined;
const never = { file: '', problems: [], functions: [], reads: [], found: null };
const program = buildProgram(
  processIo(),
  { program: '', service: idle, node: idle, checkConnector: async () => never },
  () => undefined,
);

const leaves = (command: Command, path: string): [string, Command][] =>
  command.commands.length === 0
    ? [[path, command]]
    : command.commands.flatMap((one) => leaves(one, `${path} ${one.name()}`));

/** The part of the page about one command. */
const section = (path: string): string => {
  const start = doc.indexOf(`\n### ${path}`);
  if (start === -1) return '';
  const end = doc.slice(start + 1).search(/\n##/);
  return end === -1 ? doc.slice(start) : doc.slice(start, start + 1 + end);
};

describe('docs/cli.md', () => {
  it.each(leaves(program, 'praxis'))(
    'tells of %s: its arguments, options and an example',
    (path, command) => {
      const text = section(path);
      expect(text).toContain(command.description());
      for (const argument of command.registeredArguments) expect(text).toContain(argument.name());
      for (const option of command.options.filter(({ hidden }) => !hidden))
        expect(text).toContain(`\`${option.long}`);
      expect(text).toMatch(new RegExp(`^ {4}.*${path}`, 'm'));
    },
  );

  it('has no command that does not exist', () => {
    const known = leaves(program, 'praxis').map(([path]) => path);
    for (const [, heading] of doc.matchAll(/^### (praxis.*)$/gm))
      expect(known.some((path) => heading === path || heading!.startsWith(`${path} `))).toBe(true);
  });

  it('has the table of exit codes', () => {
    for (const [code, meaning] of Object.values(EXIT)) expect(doc).toContain(`| ${code} | ${meaning} |`);
  });
});
