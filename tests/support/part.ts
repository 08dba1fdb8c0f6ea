/** One part of a system under test as a real process: started, killed and started again by the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

export class Part {
  #child?: ChildProcess;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly command: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
    private readonly log: string,
  ) {}

  get pid(): number {
    if (!this.running) throw new Error(`${this.command.at(-1)} does not run`);
    return this.#child!.pid!;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const child = spawn(this.command[0]!, this.command.slice(1), {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream!.on('data', (data: Buffer) => appendFileSync(this.log, data));
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  /** kill -9: nothing of it may tidy up. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** A polite stop; resolves when the process has ended by itself. */
  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.start();
  }
}
