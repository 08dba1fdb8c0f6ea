/** The real agents that the matrix drives: exact versions, because an agent's surface changes from one release to the next. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface AgentPackage {
  package: string;
  version: string;
  /** The program that the package brings. */
  program: string;
  /** How its connector drives it: by the program's own lines, on a terminal, or by its ACP. The first is the default. */
  transports: readonly ('stream' | 'pty' | 'acp')[];
}

/** By the id of the connector that drives it. */
export const AGENTS = {
  'claude-code': {
    package: '@anthropic-ai/claude-code',
    version: '2.1.329',
    program: 'claude',
    transports: ['stream', 'pty'],
  },
  codex: { package: '@openai/codex', version: '0.169.0', program: 'codex', transports: ['stream', 'pty'] },
  gemini: { package: '@google/gemini-cli', version: '0.61.0', program: 'gemini', transports: ['acp'] },
  opencode: { package: 'opencode-ai', version: '1.18.33', program: 'opencode', transports: ['acp'] },
  qwen: { package: '@qwen-code/qwen-code', version: '0.24.4', program: 'qwen', transports: ['acp'] },
  copilot: { package: '@github/copilot', version: '1.0.102', program: 'copilot', transports: ['acp'] },
  'claude-acp': {
    package: '@agentclientprotocol/claude-agent-acp',
    version: '0.100.0',
    program: 'claude-agent-acp',
    transports: ['acp'],
  },
  'codex-acp': {
    package: '@agentclientprotocol/codex-acp',
    version: '2.6.0',
    program: 'codex-acp',
    transports: ['acp'],
  },
} satisfies Record<string, AgentPackage>;

export type AgentId = keyof typeof AGENTS;

export const AGENT_IDS = Object.keys(AGENTS) as AgentId[];

/** What is installed and run when nobody names an agent, as in CI: one of each vendor, about three minutes. */
export const DEFAULT_AGENTS: readonly AgentId[] = ['gemini', 'codex', 'claude-code'];

/** Each agent has a folder of its own in the cache, which all work trees share. */
export const installFolder = (id: AgentId): string =>
  join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'praxis-agents',
    `${id}-${AGENTS[id].version}`,
  );

/** The folder with the agent's program, for PATH. */
export const binFolder = (id: AgentId): string => join(installFolder(id), 'node_modules/.bin');

export const isInstalled = (id: AgentId): boolean => existsSync(join(binFolder(id), AGENTS[id].program));

/** Why the suites with an agent cannot run here; undefined when they can. */
export const missing = (id: AgentId): string | undefined =>
  isInstalled(id) ? undefined : `${id} is not installed: npm run agents:install ${id}`;

/** A row of the table: an agent, driven in one way. */
export interface Row {
  id: AgentId;
  transport: string;
}

const rowsOf = (id: AgentId): Row[] => AGENTS[id].transports.map((transport) => ({ id, transport }));

export const nameOf = ({ id, transport }: Row): string => `${id}/${transport}`;

export const ROWS: readonly Row[] = AGENT_IDS.flatMap(rowsOf);

/** What the words name: an agent over all its transports (`codex`), or over one (`codex/pty`); the default agents for none. Throws on an unknown word. */
export function rowsNamed(words: readonly string[]): readonly Row[] {
  if (words.length === 0) return DEFAULT_AGENTS.flatMap(rowsOf);
  if (words.includes('all')) return ROWS;
  return words.flatMap((word) => {
    const rows = ROWS.filter((row) => row.id === word || nameOf(row) === word);
    if (rows.length === 0)
      throw new Error(`There is no agent ${word}: ${AGENT_IDS.join(', ')}, perhaps with /transport, or all`);
    return rows;
  });
}

/** The agents of these rows, each once. */
export const agentsNamed = (words: readonly string[]): readonly AgentId[] => [
  ...new Set(rowsNamed(words).map(({ id }) => id)),
];
