/**
 * A connector as its connector.lua says it: compiled once, run in a fresh VM for each session. What Lua answers is checked
 * before anything is started.
 */
import { homedir } from 'node:os';
import { z } from 'zod';
import { ConnectorInfo, ErrorCode, type Name, PraxisError } from '../proto/index.js';
import type { AcpChildSpec, Connector, SessionRequest } from './connector.js';
import type { SessionHost } from './host/session-host.js';
import { LuaError, type LuaPool, type LuaScript, type LuaVm } from './lua/index.js';

/** What every function of a connector is told besides its session. */
export interface ConnectorContext {
  id: Name;
  /** Of Praxis. */
  version: string;
  /** The path of the Node.js that runs this. */
  node: string;
  /** The folder with the connector's compiled programs. */
  folder: string;
  /** The agent's entry in node.json, for the generic ACP connector. */
  agent?: { title: string; command: string[]; env: Record<string, string> };
}

/** Makes the host of one VM, whose processes start in `cwd`. */
export type NewHost = (connector: Name, cwd: string) => SessionHost;

const Detected = ConnectorInfo.pick({ title: true, status: true }).extend({
  version: z.string().nullish(),
  hint: z.string().nullish(),
});

const Opened = z.object({
  acp: z.object({
    command: z.array(z.string().min(1)).min(1),
    env: z.record(z.string(), z.string()).default({}),
  }),
});

export class LuaConnector implements Connector {
  readonly id: Name;

  constructor(
    private readonly pool: LuaPool,
    private readonly script: LuaScript,
    private readonly context: ConnectorContext,
    private readonly newHost: NewHost,
  ) {
    this.id = context.id;
  }

  /** A connector whose script fails is shown with the reason. */
  async info(): Promise<ConnectorInfo> {
    const { id } = this;
    try {
      const {
        version = null,
        hint = null,
        ...found
      } = await this.run(Detected, homedir(), 'detect', this.context);
      return { id, version, hint, ...found };
    } catch (error) {
      const hint = PraxisError.from(error).message;
      return { id, title: this.context.agent?.title ?? id, version: null, status: 'needs_setup', hint };
    }
  }

  async open(request: SessionRequest): Promise<AcpChildSpec> {
    return (await this.run(Opened, request.cwd, 'open', request, this.context)).acp;
  }

  private async run<T extends z.ZodType>(
    schema: T,
    cwd: string,
    name: string,
    ...args: unknown[]
  ): Promise<z.infer<T>> {
    const host = this.newHost(this.id, cwd);
    let vm: LuaVm | undefined;
    try {
      vm = await this.pool.open({ script: this.script, host: host.call });
      host.attach(vm);
      const answer = schema.safeParse(await vm.call(name, ...args));
      if (answer.success) return answer.data;
      throw this.failed(`${this.script.name}: ${name}() answered wrongly: ${z.prettifyError(answer.error)}`);
    } catch (error) {
      throw error instanceof LuaError ? this.failed(error.message, error) : error;
    } finally {
      vm?.close();
      await host.stop();
    }
  }

  private failed(message: string, { code, kind, file, line }: Partial<LuaError> = {}): PraxisError {
    const text = `The connector ${this.id} failed: ${message}`;
    return new PraxisError(code ?? ErrorCode.AgentStartFailed, text, { kind, file, line });
  }
}
