/** The real Gemini CLI behind Praxis, its model on a stub: a prompt, a tool after a permission, a cancel; by `praxis run` and by acpx. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missing } from '../agents/catalog.js';
import { gemini, type Stub, scripted, startStub } from '../stub/index.js';
import { acpx, framesOf, problemsOf } from '../support/acpx.js';
import { overBothBrokers } from '../support/brokers.js';
import { geminiAgent } from '../support/gemini-cli.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { Watch } from '../support/watch.js';

const why = missing('gemini');

const tool = (file: string) =>
  scripted(
    [{ tool: 'run_shell_command', input: { command: `echo made > ${file}`, description: 'make a file' } }],
    [{ text: 'All done.' }],
  );
const endless = scripted([{ text: 'started ' }, { hang: true }]);

describe.skipIf(why)(`the Gemini CLI${why ? ` (${why})` : ''}`, () => {
  overBothBrokers('behind Praxis', (start) => {
    let stub: Stub;
    let system: System;
    beforeAll(async () => {
      stub = await startStub(gemini);
      system = await start({
        node: (root) => ({ agents: { gemini: geminiAgent(join(root, 'gemini'), stub.url) } }),
      });
    });
    afterAll(async () => {
      await system.stop();
      await stub.close();
    });
    const file = (name: string) => join(system.work, name);

    it('answers a prompt of praxis run', async () => {
      const { code, stdout, stderr } = await system.run(['run', 'gemini', 'hello there']);
      expect(stderr).toBe('');
      expect(stdout).toContain('ECHO: hello there');
      expect(code).toBe(0);
    });

    it('runs a tool for praxis run when it is allowed, and not when nobody can be asked', async () => {
      const denied = await system.run(['run', 'gemini', tool('denied.txt')]);
      expect(denied.stderr).toContain('rejected');
      expect(existsSync(file('denied.txt'))).toBe(false);
      const allowed = await system.run(['run', 'gemini', '--yolo', tool('run.txt')]);
      expect(allowed.stdout).toContain('All done.');
      expect(readFileSync(file('run.txt'), 'utf8')).toBe('made\n');
    });

    it('is cancelled by an interrupt of praxis run', async () => {
      let interrupted = false;
      const { code, stdout } = await system.run(['run', 'gemini', endless], {
        onOutput(text, signal) {
          if (!interrupted && text.includes('started')) signal('SIGINT');
          interrupted = text.includes('started');
        },
      });
      expect(stdout).toContain('started');
      expect(code).toBe(130);
    });

    it('answers, runs a tool after a permission, and is cancelled for acpx', async () => {
      const made = await acpx(system, 'gemini', 'sessions', 'new');
      const sessionId = made.stdout.trim();
      const said = await acpx(system, 'gemini', 'prompt', 'hello acpx');
      expect(said.stdout).toContain('ECHO: hello acpx');

      const allowed = await acpx(
        system,
        'gemini',
        '--approve-all',
        '--format',
        'json',
        'prompt',
        tool('acpx.txt'),
      );
      expect(framesOf(allowed).map(({ method }) => method)).toContain('session/request_permission');
      expect(problemsOf(allowed).problems).toEqual([]);
      expect(readFileSync(file('acpx.txt'), 'utf8')).toBe('made\n');

      const watch = await Watch.attach(await system.client(), sessionId);
      const running = acpx(system, 'gemini', 'prompt', endless);
      await waitUntil(() => watch.texts.join('').includes('started'), 20_000);
      await acpx(system, 'gemini', 'cancel');
      expect((await running).stdout).toContain('[done] cancelled');
      expect((await acpx(system, 'gemini', 'sessions', 'close')).code).toBe(0);
    }, 90_000);
  });
});
