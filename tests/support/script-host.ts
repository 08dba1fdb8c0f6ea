/** A script with the real host under it, and no agent: its `run()` is called, what it logs is kept. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../node-agent/clock.js';
import { Groups } from '../../node-agent/groups.js';
import { SessionHost } from '../../node-agent/host/session-host.js';
import { LuaPool, type LuaVm } from '../../node-agent/lua/index.js';
import { packageRoot } from '../../proto/index.js';

export class ScriptHost {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'pxs-')));
  /** What the script logged. */
  readonly said: string[] = [];
  /** What its handlers failed with. */
  readonly errors: string[] = [];
  readonly pool = new LuaPool({
    clock: systemClock,
    sliceMs: 300,
    memory: 8 * 1024 * 1024,
    workers: 1,
    entry: pathToFileURL(`${packageRoot}dist/node-agent/lua/worker.js`),
  });
  host!: SessionHost;
  private readonly open: LuaVm[] = [];

  /** A session whose script has `run()` with this body, and perhaps more fields. */
  readonly session = async (body: string, more = ''): Promise<LuaVm> => {
    const host = new SessionHost({
      cwd: this.dir,
      privateFolder: join(this.dir, 'private'),
      groups: new Groups(join(this.dir, 'agents')),
      clock: systemClock,
      log: (_level, text) => void this.said.push(text),
      onError: (error) => void this.errors.push(error.message),
    });
    this.host = host;
    const source = `return { run = function()\n${body}\nend, ${more} }`;
    const vm = await this.pool.open({
      script: await this.pool.compile('example.lua', source),
      host: host.call,
      tell: host.tell,
      onStopped: () => host.renewed(),
      onFresh: () => {
        if (vm.functions.has('restored')) void vm.call('restored', host.streams.handles());
      },
    });
    host.attach(vm);
    this.open.push(vm);
    return vm;
  };

  /** Ends the session. */
  async end(): Promise<void> {
    for (const vm of this.open.splice(0)) vm.close();
    await this.host.stop();
    this.said.length = 0;
    this.errors.length = 0;
  }

  async close(): Promise<void> {
    await this.pool.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
