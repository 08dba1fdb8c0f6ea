/**
 * A connector as its connector.lua says it: compiled once, run in a fresh VM for each session. What Lua answers is checked
 * before anything is started.
 */
import { homedir } from 'node:os';
import { z } from 'zod';
import { ConnectorInfo, ErrorCode, type Name, PraxisError } from '../proto/index.js';
import type { AgentSpec, Connector, SessionRequest } from './connector.js';
import type { SessionHost } from './host/session-host.js';
import { LuaError, type LuaPool, type LuaScript, type LuaVm, type LuaVmOptions } from './lua/index.js';
import { ScriptedAgent } from './scripted/scripted-agent.js';

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
  mode: z.string().optional(),
  warning: z.string().optional(),
  setup: z.string().optional(),
  load_in_new_minute: z.boolean().optional(),
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
      return await this.detect();
    } catch (error) {
      const hint = PraxisError.from(error).message;
      return { id, title: this.context.agent?.title ?? id, version: null, status: 'needs_setup', hint };
    }
  }

  /** What the script says of its agent. Rejects with PraxisError. */
  async detect(): Promise<ConnectorInfo> {
    const found = await this.run(Detected, homedir(), 'detect', this.context);
    return { ...found, id: this.id, version: found.version ?? null, hint: found.hint ?? null };
  }

  /** The names of the script's functions. Rejects with PraxisError when it cannot be loaded. */
  async functions(): Promise<string[]> {
    const host = this.newHost(this.id, homedir());
    const vm = await this.openVm(host);
    vm.close();
    await host.stop();
    return [...vm.functions].sort();
  }

  /** A script that has `prompt` drives its agent itself, in a VM that lives as long as the session. */
  async open(request: SessionRequest): Promise<AgentSpec> {
    const host = this.newHost(this.id, request.cwd);
    let agent: ScriptedAgent | undefined;
    const vm = await this.openVm(host, {
      onStopped: () => agent?.vmStopped(),
      onFresh: (error) => void agent?.vmRenewed(error),
    });
    const { context } = this;
    if (!vm.functions.has('prompt')) {
      const opened = await this.ask(Opened, host, vm, 'open', request, context);
      const { acp, load_in_new_minute: loadInNewMinute, ...manner } = opened;
      return { ...acp, ...manner, loadInNewMinute };
    }
    return {
      start: (events) => {
        agent = new ScriptedAgent({ ...events, vm, host, session: request, context });
        return agent;
      },
      discard: async () => {
        vm.close();
        await host.stop();
      },
    };
  }

  /** One question to the script, in a VM of its own. */
  private async run<T extends z.ZodType>(schema: T, cwd: string, name: string, ...args: unknown[]) {
    const host = this.newHost(this.id, cwd);
    return this.ask(schema, host, await this.openVm(host), name, ...args);
  }

  private async openVm(host: SessionHost, events: Pick<LuaVmOptions, 'onStopped' | 'onFresh'> = {}) {
    const { call, tell } = host;
    try {
      const vm = await this.pool.open({ script: this.script, host: call, tell, ...events });
      host.attach(vm);
      return vm;
    } catch (error) {
      await host.stop();
      throw this.explain(error);
    }
  }

  /** Calls a function, checks its answer, closes the VM. */
  private async ask<T extends z.ZodType>(
    schema: T,
    host: SessionHost,
    vm: LuaVm,
    name: string,
    ...args: unknown[]
  ): Promise<z.infer<T>> {
    try {
      const answer = schema.safeParse(await vm.call(name, ...args));
      if (answer.success) return answer.data;
      throw this.failed(`${this.script.name}: ${name}() answered wrongly: ${z.prettifyError(answer.error)}`);
    } catch (error) {
      throw this.explain(error);
    } finally {
      vm.close();
      await host.stop();
    }
  }

  private explain(error: unknown): unknown {
    return error instanceof LuaError ? this.failed(error.message, error) : error;
  }

  private failed(message: string, { code, kind, file, line }: Partial<LuaError> = {}): PraxisError {
    const text = `The connector ${this.id} failed: ${message}`;
    return new PraxisError(code ?? ErrorCode.AgentStartFailed, text, { kind, file, line });
  }
}
