/** The real Gemini CLI as an ACP agent, with its model on a stub: pinned in tests/agents, kept away from the person's own settings. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binFolder } from '../agents/catalog.js';

const bin = join(binFolder('gemini'), 'gemini');

const SETTINGS = {
  security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 1 },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  ui: { hideBanner: true, hideTips: true },
};

/**
 * The agent for `agents` of node.json. `home` becomes its HOME and TMPDIR. A fixed model spares the router's request;
 * without the relaunch it starts faster and dies with its signal.
 */
export function geminiAgent(
  home: string,
  stubUrl: string,
): { command: string[]; env: Record<string, string> } {
  const temp = join(home, 'tmp');
  mkdirSync(join(home, '.gemini'), { recursive: true });
  mkdirSync(temp, { recursive: true });
  writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify(SETTINGS));
  return {
    command: [process.execPath, bin, '--acp', '-m', 'gemini-2.5-pro'],
    env: {
      HOME: home,
      TMPDIR: temp,
      GEMINI_API_KEY: 'stub-key-of-some-length',
      GOOGLE_GEMINI_BASE_URL: stubUrl,
      GEMINI_CLI_NO_RELAUNCH: 'true',
    },
  };
}
