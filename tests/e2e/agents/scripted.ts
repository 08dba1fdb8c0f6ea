/** The scripted agent for node.json, its prompts, and its log. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AgentConfig } from '../../../proto/index.js';

const program = fileURLToPath(new URL('./scripted.mjs', import.meta.url));

export const scriptedCommand: readonly string[] = [process.execPath, program];

export type Start = 'hang' | 'rubbish' | 'flood' | 'early';

export const scriptedAgent = (options: { log?: string; start?: Start } = {}): AgentConfig => ({
  command: [...scriptedCommand],
  env: {
    ...(options.log && { AGENT_LOG: options.log }),
    ...(options.start && { AGENT_START: options.start }),
  },
});

export type Step =
  | { say: number }
  | { until: string }
  | { raw: string }
  | { ask: string }
  | { wait: true }
  | { deaf: true }
  | { child: string }
  | { rubbish: number }
  | { exit: number }
  | { fail: { code: number; message: string; data?: unknown } }
  | { result: Record<string, unknown> };

/** The prompt that makes the agent take these steps. */
export const steps = (...list: Step[]): string => JSON.stringify(list);

/** The lines that the agent wrote or read, in its own order. */
export const agentLog = (file: string, direction: 'wrote' | 'read'): string[] =>
  (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .filter((line) => line.startsWith(direction === 'wrote' ? '> ' : '< '))
    .map((line) => line.slice(2));

/** A permission question of the agent with the given id, for `ask`: options `yes` and `no`. */
export const permissionQuestion = (id: number | string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'session/request_permission',
    params: {
      sessionId: '$SESSION',
      toolCall: { toolCallId: 'call-1', title: 'Do it', kind: 'execute', status: 'pending' },
      options: [
        { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
        { optionId: 'no', name: 'No', kind: 'reject_once' },
      ],
    },
  });
