/**
 * From an agent's first output to the first chunk at the client: the agent says the time at which it speaks, and whoever hears it
 * compares. The driver alone is the reader of the agent's pipe.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RabbitMqAddress } from '../../tests/support/rabbitmq.js';
import { System } from '../../tests/support/system.js';
import { median, ms } from '../stats.js';
import { isChunk, type Row } from '../target.js';

const ROUNDS = 6;
const PROMPTS = 50;

const STAND_IN = fileURLToPath(new URL('../../tests/e2e/agents/stand-in.mjs', import.meta.url));

/** Milliseconds since the agent said the time. */
const since = (said: string): number => Number(process.hrtime.bigint() - BigInt(said)) / 1e6;

/** Runs one turn; resolves to the milliseconds that its first output took. */
type Turn = () => Promise<number>;

/** What each way of driving says for a prompt, after what opens the session. */
const PIPES = {
  acp: {
    open: [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} },
      { jsonrpc: '2.0', id: 2, method: 'session/new', params: {} },
    ],
    prompt: { jsonrpc: '2.0', id: 3, method: 'session/prompt', params: {} },
    isEnd: (frame: { id?: number }) => frame.id === 3,
  },
  claude: {
    open: [],
    prompt: { type: 'user', message: { role: 'user', content: [] } },
    isEnd: (frame: { type?: string }) => frame.type === 'result',
  },
} as const;

/** The program on a pipe of this process. */
function driverAlone(kind: keyof typeof PIPES, cwd: string): { turn: Turn; close(): void } {
  const child = spawn(process.execPath, [STAND_IN, kind], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const { open, prompt, isEnd } = PIPES[kind];
  const say = (frame: object) => child.stdin.write(`${JSON.stringify(frame)}\n`);
  let took = 0;
  let ended: () => void = () => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [said] = /\d{10,}/.exec(line) ?? [];
    if (said) took = since(said);
    if (isEnd(JSON.parse(line))) ended();
  });
  for (const frame of open) say(frame);
  return {
    async turn() {
      const end = new Promise<void>((resolve) => {
        ended = resolve;
      });
      say(prompt);
      await end;
      return took;
    },
    close: () => void child.kill(),
  };
}

async function wholePath(system: System, connector: string, cwd: string): Promise<Turn> {
  const client = await system.client();
  let took = 0;
  const { sessionId } = await client.newSession({ connector, cwd }, ({ frame }) => {
    if (frame.kind !== 'notification' || !isChunk(frame)) return;
    const [said] = /\d{10,}/.exec(frame.line) ?? [];
    if (said) took = since(said);
  });
  return async () => {
    await client.prompt(sessionId, [{ type: 'text', text: 'go' }]).result;
    return took;
  };
}

export async function firstChunk(rabbit: RabbitMqAddress): Promise<Row[]> {
  const system = await System.start({
    rabbit,
    node: () => ({ agents: { acp: { command: [process.execPath, STAND_IN, 'acp'], env: {} } } }),
    env: (root) => {
      mkdirSync(join(root, 'bin'));
      const version = 'STAND_IN_VERSION=2.1.329';
      const program = `[ "$1" = --version ] && exec echo 2.1.329\n${version} exec ${process.execPath} ${STAND_IN} claude "$@"`;
      writeFileSync(join(root, 'bin/claude'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
      return { PATH: `${join(root, 'bin')}:${process.env.PATH}` };
    },
  });
  writeFileSync(join(system.work, 'fault'), 'stamps');
  const ways = [
    { what: 'ACP child', kind: 'acp', connector: 'acp' },
    { what: 'driven by Lua (claude-code)', kind: 'claude', connector: 'claude-code' },
  ] as const;
  const closing: (() => void)[] = [];
  try {
    const rows: Row[] = [];
    for (const { what, kind, connector } of ways) {
      const alone = driverAlone(kind, system.work);
      closing.push(alone.close);
      const turns = { alone: alone.turn, whole: await wholePath(system, connector, system.work) };
      const samples = { alone: [] as number[], whole: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++)
        for (const way of ['alone', 'whole'] as const) {
          const taken: number[] = [];
          for (let i = 0; i < PROMPTS; i++) taken.push(await turns[way]());
          if (round > 0) samples[way].push(median(taken));
        }
      const [bare, praxis] = [median(samples.alone), median(samples.whole)];
      rows.push({
        what: `agent's first output to the client's first chunk p50, ${what}`,
        praxis: ms(praxis),
        limit: `${ms(bare)} (driver alone)`,
        ratio: `+ ${ms(praxis - bare)}`,
        target: '≤ + 10 ms',
      });
    }
    return rows;
  } finally {
    for (const close of closing) close();
    await system.stop();
  }
}
