/** The tools, which do what they say: read and write files below the session's directory, and run commands there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { Cancelled, type Turn } from './turn.js';

/** Characters of a command's output that are shown. */
const MAX_OUTPUT = 64 * 1024;

/** Commands that run now; none outlives the agent. */
const running = new Set<ChildProcess>();

export function endCommands(): void {
  for (const child of running) child.kill('SIGKILL');
}

const asText = (text: string) => [{ type: 'content', content: { type: 'text', text } }];

/** Runs a call to its end: asked for if need be, then completed or failed with what it says. */
async function call(
  turn: Turn,
  announce: Record<string, unknown>,
  ask: boolean,
  work: () => Promise<{ ok: boolean; fields: Record<string, unknown> }>,
): Promise<void> {
  const id = turn.startCall(announce);
  if (ask && !(await turn.permission(id))) {
    turn.finishCall(id, 'failed', { content: asText('You said no, so I left it.') });
    return;
  }
  turn.updateCall(id, { status: 'in_progress' });
  try {
    const { ok, fields } = await work();
    turn.finishCall(id, ok ? 'completed' : 'failed', fields);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    turn.finishCall(id, 'failed', { content: asText((error as Error).message) });
  }
}

function pathBelow(turn: Turn, file: string): string {
  const path = resolve(turn.session.cwd, file);
  if (file === '' || relative(turn.session.cwd, path).startsWith('..'))
    throw new Error(`${file || 'No file'} is not below ${turn.session.cwd}`);
  return path;
}

export function readTool(turn: Turn, file: string): Promise<void> {
  const path = resolve(turn.session.cwd, file);
  const announce = { title: `Read ${file}`, kind: 'read', locations: [{ path }], rawInput: { path } };
  return call(turn, announce, false, async () => {
    const text = await readFile(pathBelow(turn, file), 'utf8');
    return { ok: true, fields: { content: asText(text), rawOutput: { bytes: Buffer.byteLength(text) } } };
  });
}

export async function writeTool(turn: Turn, file: string, newText: string): Promise<void> {
  const path = resolve(turn.session.cwd, file);
  const oldText = await readFile(path, 'utf8').catch(() => null);
  const content = [{ type: 'diff', path, oldText, newText }];
  const announce = {
    title: `Write ${file}`,
    kind: 'edit',
    locations: [{ path }],
    rawInput: { path },
    content,
  };
  await call(turn, announce, true, async () => {
    await mkdir(dirname(pathBelow(turn, file)), { recursive: true });
    await writeFile(path, newText);
    return { ok: true, fields: { content } };
  });
}

export function runTool(turn: Turn, command: string): Promise<void> {
  return call(turn, { title: command, kind: 'execute', rawInput: { command } }, true, async () => {
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: turn.session.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(0, MAX_OUTPUT);
      });
    const ended = new Promise<number | null>((done, failed) => {
      child.once('error', failed);
      child.once('close', done);
    }).finally(() => running.delete(child));
    try {
      const exitCode = await turn.orCancelled(ended);
      return { ok: exitCode === 0, fields: { content: asText(output), rawOutput: { exitCode } } };
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  });
}

/** A field of each kind that a form can have. */
const FORM = {
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Your name', minLength: 2 },
    cups: { type: 'integer', title: 'Cups', minimum: 1, maximum: 9, default: 1 },
    drink: {
      type: 'string',
      title: 'Drink',
      oneOf: [
        { const: 'tea', title: 'Tea', description: 'green or black' },
        { const: 'coffee', title: 'Coffee', description: 'hot' },
      ],
    },
    extras: {
      type: 'array',
      title: 'With it',
      items: { type: 'string', enum: ['milk', 'sugar', 'biscuits'] },
      maxItems: 2,
    },
    window: { type: 'boolean', title: 'At the window' },
  },
  required: ['name', 'drink'],
};

/** Asks with a form, and says what was answered. */
export async function askForm(turn: Turn, question: string): Promise<void> {
  const { action, content = {} } = await turn.form(question || 'What may I bring you?', FORM);
  const parts = Object.entries(content).map(([name, value]) => `${name}: ${[value].flat().join(' and ')}`);
  if (action === 'accept') await turn.say(`You answered ${parts.join(', ')}.`);
  else await turn.say(action === 'decline' ? 'Nothing, then.' : 'I have no answer, so I left it.');
}

/** A tool that does nothing but ask. */
export async function askTool(turn: Turn, question: string): Promise<void> {
  await call(turn, { title: question, kind: 'other' }, true, async () => ({
    ok: true,
    fields: { content: asText('You said yes.') },
  }));
}
