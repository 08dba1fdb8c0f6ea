/** Programs with a prompt, named in node.json, through the whole system. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { System } from '../support/system.js';

let system: System;
beforeAll(async () => {
  system = await System.start({
    node: () => ({
      agents: {
        python: {
          title: 'Python',
          command: ['python3', '-iq'],
          env: {},
          pty: { ready: '>>> ', more: '%.%.%. ' },
        },
        shell: { command: ['sh', '-i'], env: { PS1: 'sh$ ' }, pty: { ready: 'sh%$ ', more: '> ' } },
        absent: { command: ['no-such-program'], env: {}, pty: { ready: '> ' } },
      },
    }),
  });
});
afterAll(() => system.stop());

it('answer a prompt, each as an agent of its own', async () => {
  expect(await system.run(['run', 'python', 'for n in range(3):\n  print(n * 14)\n'])).toMatchObject({
    stdout: '0\n14\n28\n',
    code: 0,
  });
  expect(await system.run(['run', 'shell', 'pwd'])).toMatchObject({ code: 0 });
});

it('are shown as they are, also when the session comes from an export', async () => {
  const prompt = 'print("# x")\nprint("  __init__")';
  const started = await system.run(['session', 'start', 'python', prompt, '--json']);
  const { sessionId } = JSON.parse(started.stdout.trim().split('\n').at(-1)!);
  const { stdout: journal } = await system.run(['session', 'export', sessionId, '--format', 'jsonl']);
  const imported = await system.run(['session', 'import', '--new-id'], { stdin: journal });
  for (const one of [sessionId, imported.stdout.trim()]) {
    const { stdout } = await system.run(['session', 'export', one]);
    expect(stdout).toContain('```text\n# x\n  __init__\n```');
  }
});

it('are listed with what is wrong', async () => {
  const { stdout } = await system.run(['connector', 'list', '--json']);
  const found = new Map(JSON.parse(stdout).map((one: { id: string }) => [one.id, one]));
  expect(found.get('python')).toMatchObject({ title: 'Python', status: 'ready' });
  expect(found.get('absent')).toMatchObject({
    status: 'needs_setup',
    hint: expect.stringContaining('correct agents.absent.command in node.json'),
  });
});

it('end with their exit code when a prompt ends them', async () => {
  const { stderr, code } = await system.run(['run', 'python', 'import os; print("farewell"); os._exit(3)']);
  expect(stderr).toMatch(/exit code 3|code 3|with 3/);
  expect(stderr).toContain('farewell');
  expect(code).not.toBe(0);
});
