/** The real agents that the matrix drives: exact versions, because an agent's surface changes from one release to the next. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface AgentPackage {
  package: string;
  version: string;
  /** The program that the package brings. */
  program: string;
  /** How its connector drives it: by the program's own lines, or by its ACP. */
  transport: 'stream' | 'acp';
}

/** By the id of the connector that drives it. */
export const AGENTS = {
  'claude-code': {
    package: '@anthropic-ai/claude-code',
    version: '2.1.329',
    program: 'claude',
    transport: 'stream',
  },
  codex: { package: '@openai/codex', version: '0.169.0', program: 'codex', transport: 'stream' },
  gemini: { package: '@google/gemini-cli', version: '0.61.0', program: 'gemini', transport: 'acp' },
  opencode: { package: 'opencode-ai', version: '1.18.33', program: 'opencode', transport: 'acp' },
  qwen: { package: '@qwen-code/qwen-code', version: '0.24.4', program: 'qwen', transport: 'acp' },
  copilot: { package: '@github/copilot', version: '1.0.102', program: 'copilot', transport: 'acp' },
  'claude-acp': {
    package: '@agentclientprotocol/claude-agent-acp',
    version: '0.100.0',
    program: 'claude-agent-acp',
    transport: 'acp',
  },
  'codex-acp': {
    package: '@agentclientprotocol/codex-acp',
    version: '2.6.0',
    program: 'codex-acp',
    transport: 'acp',
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

/** The agents that the words name; the default ones for none. Throws on an unknown word. */
export function agentsNamed(words: readonly string[]): readonly AgentId[] {
  if (words.length === 0) return DEFAULT_AGENTS;
  if (words.includes('all')) return AGENT_IDS;
  return words.map((word) => {
    const id = AGENT_IDS.find((known) => known === word);
    if (!id) throw new Error(`There is no agent ${word}: ${AGENT_IDS.join(', ')}, or all`);
    return id;
  });
}
