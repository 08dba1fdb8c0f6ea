/** How each real agent is pointed at the model stub and kept quiet and away from the person's own settings: all below a HOME of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anthropic, gemini, openai, type Vendor } from '../stub/index.js';
import type { AgentId, Row } from './catalog.js';
import { codexModels } from './codex-models.js';

/** Agents mask their key wherever it occurs, so it is long enough to occur nowhere else. */
const KEY = 'sk-ant-stub-key-0123456789-0123456789';

/** How an MCP server speaks. */
export type McpWay = 'stdio' | 'http';

interface Setup {
  vendor: Vendor;
  env(stub: string, home: string): Record<string, string>;
  /** Files below HOME. */
  files?(stub: string, home: string): Record<string, unknown>;
  /** More of them for the interactive program: what a person has answered at its first start, in the directory `work`. */
  terminalFiles?(work: string): Record<string, unknown>;
  /** What its terminal makes of a tab in a prompt; default: a tab. */
  tabs?: string;
  /** The agent's tool that runs a shell command. */
  tool: string;
  input(command: string, yolo: boolean): Record<string, unknown>;
  /** What a model does to call the tool `secret_word` of an MCP server, a step for each of its replies. */
  mcp(server: string): { tool: string; input: Record<string, unknown> }[];
  /** How the MCP servers may speak that it takes of a client; default: both. */
  mcpBy?: readonly McpWay[];
}

const described = (command: string) => ({ command, description: 'a command of the test' });

const claude: Setup = {
  vendor: anthropic,
  env: (stub) => ({
    ANTHROPIC_BASE_URL: stub,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_MAX_RETRIES: '0',
    // Its word for "root may skip permissions here"; any other value is refused.
    IS_SANDBOX: '1',
  }),
  terminalFiles: (work) => ({
    '.claude.json': {
      hasCompletedOnboarding: true,
      bypassPermissionsModeAccepted: true,
      customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
      projects: { [work]: { hasTrustDialogAccepted: true } },
    },
  }),
  tabs: '    ',
  tool: 'Bash',
  input: described,
  mcp: (server) => [{ tool: `mcp__${server}__secret_word`, input: {} }],
};

const codex: Setup = {
  vendor: openai,
  env: (_stub, home) => ({ CODEX_HOME: join(home, '.codex'), STUB_KEY: KEY }),
  files: (stub, home) => ({
    '.codex/models.json': codexModels,
    '.codex/config.toml': `
model_catalog_json = "${home}/.codex/models.json"
model = "stub-model"
model_provider = "stub"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.stub]
name = "stub"
base_url = "${stub}/v1"
env_key = "STUB_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
[features]
plugins = false
daemon_auto_start = false
`,
  }),
  tool: 'exec_command',
  // Codex asks a person only about a command that wants to leave the sandbox; in YOLO none may.
  input: (cmd, yolo) =>
    yolo ? { cmd } : { cmd, sandbox_permissions: 'require_escalated', justification: 'the test wants it' },
  mcp: (server) => [{ tool: `mcp__${server}__secret_word`, input: {} }],
};

const SETUPS: Record<AgentId, Setup> = {
  'claude-code': claude,
  'claude-acp': claude,
  codex,
  'codex-acp': codex,
  gemini: {
    vendor: gemini,
    env: (stub) => ({
      GEMINI_API_KEY: KEY,
      GOOGLE_GEMINI_BASE_URL: stub,
      GEMINI_MODEL: 'gemini-2.5-pro',
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
    }),
    files: () => ({
      '.gemini/settings.json': {
        security: { auth: { selectedType: 'gemini-api-key' } },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 1 },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
      },
    }),
    tool: 'run_shell_command',
    input: described,
    mcp: (server) => [{ tool: `mcp_${server}_secret_word`, input: {} }],
  },
  opencode: {
    vendor: openai,
    env: () => ({ OPENCODE_DISABLE_MODELS_FETCH: '1' }),
    files: (stub) => ({
      '.config/opencode/opencode.json': {
        provider: {
          stub: {
            npm: '@ai-sdk/openai-compatible',
            options: { baseURL: `${stub}/v1`, apiKey: KEY },
            models: { 'stub-model': { name: 'Stub' } },
          },
        },
        model: 'stub/stub-model',
        small_model: 'stub/stub-model',
        autoupdate: false,
        share: 'disabled',
        permission: { bash: 'ask', edit: 'ask' },
      },
    }),
    tool: 'bash',
    input: described,
    mcp: (server) => [{ tool: `${server}_secret_word`, input: {} }],
  },
  qwen: {
    vendor: openai,
    env: (stub) => ({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${stub}/v1`, OPENAI_MODEL: 'stub-model' }),
    files: () => ({
      '.qwen/settings.json': {
        security: { auth: { selectedType: 'openai' } },
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
      },
    }),
    tool: 'run_shell_command',
    input: (command) => ({ ...described(command), is_background: false }),
    // It shows a model the tools of MCP servers only when they are looked for.
    mcp: (server) => [
      { tool: 'tool_search', input: { query: `select:mcp__${server}__secret_word` } },
      { tool: `mcp__${server}__secret_word`, input: {} },
    ],
  },
  copilot: {
    vendor: openai,
    env: (stub) => ({
      COPILOT_PROVIDER_BASE_URL: `${stub}/v1`,
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_API_KEY: KEY,
      COPILOT_MODEL: 'stub-model',
      COPILOT_OFFLINE: 'true',
    }),
    tool: 'bash',
    input: described,
    mcp: (server) => [{ tool: `${server}-secret_word`, input: {} }],
    mcpBy: ['http'],
  },
};

export const setupOf = (id: AgentId): Setup => SETUPS[id];

/** How the MCP servers may speak that a row takes. On a terminal Codex is given none whose secrets would be in its arguments. */
export const mcpWays = ({ id, transport }: Row): readonly McpWay[] =>
  id === 'codex' && transport === 'pty' ? ['stdio'] : (SETUPS[id].mcpBy ?? ['stdio', 'http']);

/** Writes the agent's files below `home` and gives the environment in which its node runs; sessions work in `work`. */
export function prepare(
  { id, transport }: Row,
  stub: string,
  home: string,
  work: string,
): Record<string, string> {
  const { env, files, terminalFiles } = SETUPS[id];
  const all = { ...files?.(stub, home), ...(transport === 'pty' && terminalFiles?.(work)) };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  mkdirSync(join(home, 'tmp'), { recursive: true });
  return { HOME: home, TMPDIR: join(home, 'tmp'), ...env(stub, home) };
}
