/** Steps that misbehave on purpose, so that those who must bear it can be tested. */
import { spawn } from 'node:child_process';
import type { Turn } from './turn.js';
import { RpcError } from './wire.js';

const never = () => new Promise<never>(() => undefined);

/** The turn goes on only when it is cancelled. */
export const hang = (turn: Turn) => turn.orCancelled(never());

export function fail(message: string): never {
  throw new RpcError(-32603, message || 'The demo agent failed, as you asked', { demo: true });
}

/** Ends without a word, as a crash does. */
export function crash(): Promise<never> {
  process.stderr.write('demo agent: crashed, as you asked\n');
  process.kill(process.pid, 'SIGKILL');
  return never();
}

export function exit(code: number): never {
  process.stderr.write(`demo agent: exit ${code}, as you asked\n`);
  process.exit(code);
}

/** Not even an interrupt ends the agent any more. */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}

/** Lines that are no frames; the turn goes on after them. */
export async function rubbish(turn: Turn): Promise<void> {
  await turn.wire.write(
    'this is no JSON\n{"half":\n[]\n{"neither":"request nor answer"}\n\u0000\u0001\u0002\n',
  );
}

/** One frame of that many megabytes. */
export async function flood(turn: Turn, megabytes: number): Promise<void> {
  const piece = 'x'.repeat(1024 * 1024);
  await turn.wire.write(
    `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":${JSON.stringify(turn.session.id)},"update":` +
      '{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"',
  );
  for (let i = 0; i < megabytes; i++) await turn.wire.write(piece);
  await turn.wire.write('"}}}}\n');
}

/** A process of this agent's group that would outlive it. */
export async function fork(turn: Turn, seconds: number): Promise<void> {
  const child = spawn('sleep', [String(seconds)], { stdio: 'ignore' });
  child.unref();
  await turn.say(`Started process ${child.pid}.`);
}

/** A kind of update, and members, that no specification knows. */
export function unknownUpdate(turn: Turn): void {
  turn.update({
    sessionUpdate: '_demo_future_kind',
    future: { big: 12345678901234567890n.toString() },
    list: [1, [2]],
  });
}

/** `_meta` at every level, with the prompt's own. */
export function meta(turn: Turn): void {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  turn.wire.notify('session/update', {
    sessionId: turn.session.id,
    _meta: { traceparent, 'demo.example': { prompt: turn.promptMeta ?? null } },
    update: {
      sessionUpdate: 'agent_message_chunk',
      _meta: { 'demo.example': { level: 2 } },
      content: { type: 'text', text: 'With _meta.', _meta: { 'demo.example': { level: 3 } } },
    },
  });
}
