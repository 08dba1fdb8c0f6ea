/** The bare relay's far end: each session is a child process, whose stdio lines are the messages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { consume, declare, EVENTS, NODES, openLink, ownQueue, type Packing, Sender } from './wire.js';

const command: string[] = JSON.parse(process.env.BENCH_AGENT!);
const link = await openLink(process.env.BENCH_URL!);
await declare(link);
const sender = new Sender(link, EVENTS, process.env.BENCH_PACKING as Packing);
const agents = new Map<string, ChildProcess>();

function start(session: string): ChildProcess {
  const agent = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: agent.stdout! });
  lines.on('line', (line) => {
    sender.push(session, Buffer.from(line));
    if (!sender.full) return;
    agent.stdout!.pause();
    sender.room().then(() => agent.stdout!.resume());
  });
  agents.set(session, agent);
  return agent;
}

await consume(link, await ownQueue(link, NODES), async ({ session, body }) => {
  const agent = agents.get(session) ?? start(session);
  agent.stdin!.write(`${body.toString()}\n`);
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
