/**
 * The real agents on the screen of `praxis`, each driven by its connector as it ships, with its model on a stub: what it says is seen while it
 * says it, a tool waits for a key, Ctrl+C ends a turn and keeps what was said, and the session goes on.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AGENTS, type AgentId, binFolder, missing } from '../agents/catalog.js';
import { prepare, setupOf } from '../agents/setups.js';
import { scripted, startStub } from '../stub/index.js';
import { gone, Person } from '../support/person.js';
import { System } from '../support/system.js';
import { KEY } from '../support/terminal.js';
import { said } from './screen/world.js';

/** Milliseconds for what waits for an agent's program: it may need long on a busy machine. */
const AGENT_MS = 60_000;

/** As the list of the screen names them. */
const TITLES = { 'claude-code': 'Claude Code', codex: 'Codex', gemini: 'Gemini CLI' } satisfies Partial<
  Record<AgentId, string>
>;

describe.each(Object.entries(TITLES) as [keyof typeof TITLES, string][])('%s', (id, title) => {
  const why = missing(id);
  const name = 'speaks word by word, makes a file once it is allowed to, is cancelled, and goes on';
  it.skipIf(why)(`${name} on the screen${why ? ` (${why})` : ''}`, { timeout: 5 * AGENT_MS }, async () => {
    const { vendor, tool, input } = setupOf(id);
    const [transport] = AGENTS[id].transports;
    const stub = await startStub(vendor);
    const system = await System.start({
      env: (root) => ({
        ...prepare({ id, transport: transport! }, stub.url, join(root, 'agent'), join(root, 'work')),
        PATH: `${binFolder(id)}:${process.env.PATH}`,
      }),
    });
    const p = new Person(system, new Set(), { columns: 100, rows: 32 });
    const file = (file: string) => join(system.root, file);
    const ask = async (prompt: string) => {
      p.terminal.paste(prompt);
      await p.follow('Enter send', 'enter');
    };
    try {
      await p.see('● connected', AGENT_MS);
      await p.see(title);
      await p.start(title);

      await ask(
        scripted([
          { text: 'one ' },
          { until: file('after one') },
          { text: 'two ' },
          { until: file('after two') },
          { text: 'three' },
        ]),
      );
      await p.see(said('one'), AGENT_MS);
      await p.see('◐ working');
      writeFileSync(file('after one'), '');
      await p.see(said('one two'), AGENT_MS);
      await p.see('◐ working');
      writeFileSync(file('after two'), '');
      await p.see(said('one two three'), AGENT_MS);
      await p.see('● idle', AGENT_MS);

      const made = join(system.work, 'made.txt');
      await ask(scripted([{ tool, input: input(`echo made > ${made}`, false) }], [{ text: 'All done.' }]));
      await p.see('Allow?', AGENT_MS);
      expect(existsSync(made)).toBe(false);
      await p.see(gone('Tab to answer'));
      await p.follow('a allow once', 'a');
      await p.see(said('All done.'), AGENT_MS);
      await p.see('● idle', AGENT_MS);
      expect(readFileSync(made, 'utf8')).toBe('made\n');

      await ask(scripted([{ text: 'begun ' }, { hang: true }]));
      await p.see(said('begun'), AGENT_MS);
      await p.follow('Ctrl+C cancel', 'ctrl+c');
      await p.see('⊘ cancelled', AGENT_MS);
      await p.see('● idle', AGENT_MS);
      expect(p.text).toMatch(said('begun'));

      await p.type(`and on we go${KEY.enter}`, said('ECHO: and on we go'), AGENT_MS);
      await p.see('● idle', AGENT_MS);
    } finally {
      p.leave();
      await system.stop();
      await stub.close();
    }
  });
});

/** Its own tool for questions is a form, since Praxis says that it takes forms. */
describe('claude-acp', () => {
  const why = missing('claude-acp');
  const name = 'asks with a form, and its model hears what was chosen';
  it.skipIf(why)(`${name} on the screen${why ? ` (${why})` : ''}`, { timeout: 5 * AGENT_MS }, async () => {
    const [transport] = AGENTS['claude-acp'].transports;
    const stub = await startStub(setupOf('claude-acp').vendor);
    const system = await System.start({
      env: (root) => ({
        ...prepare(
          { id: 'claude-acp', transport: transport! },
          stub.url,
          join(root, 'agent'),
          join(root, 'work'),
        ),
        PATH: `${binFolder('claude-acp')}:${process.env.PATH}`,
      }),
    });
    const p = new Person(system, new Set(), { columns: 100, rows: 32 });
    const options = ['main', 'next'].map((label) => ({ label, description: `the branch ${label}` }));
    const questions = [{ question: 'Which branch?', header: 'Branch', multiSelect: false, options }];
    try {
      await p.see('● connected', AGENT_MS);
      await p.see('Claude Code (…');
      await p.start('Claude Code (…', '● idle');
      p.terminal.paste(
        scripted([{ tool: 'AskUserQuestion', input: { questions } }], [{ text: 'As you wish.' }]),
      );
      await p.follow('Enter send', 'enter');
      await p.see('Answer? Which branch?', AGENT_MS);
      await p.follow('Enter fill in', 'enter');
      await p.see('( ) next  the branch next');
      await p.type(`${KEY.down}${KEY.enter}`, '(•) next');
      await p.type(KEY.down, '▸ Send the answers');
      await p.follow('▸ Send the answers', 'enter');
      await p.see(said('As you wish.'), AGENT_MS);
      await p.see('● idle', AGENT_MS);
      expect(p.text).toContain('Answered (by you): Which branch?  Branch: next');
      const heard = stub.requests.map(({ toolResult }) => toolResult).join('');
      expect(heard).toMatch(/Which branch\?.*next/);
    } finally {
      p.leave();
      await system.stop();
      await stub.close();
    }
  });
});
