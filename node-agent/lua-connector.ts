/**
 * A connector as its folder says it: each script compiled once, run in a fresh VM for each session. What Lua answers is checked
 * before anything is started. A connector with `transports` has a script for each, and a session's VM runs that one alone.
 */
import { homedir } from 'node:os';
import { z } from 'zod';
import {
  type AgentConfig,
  ConnectorInfo,
  ErrorCode,
  Name,
  PraxisError,
  problemsOf,
  unknownTransport,
} from '../proto/index.js';
import type { AgentSpec, Connector, SessionRequest } from './connector.js';
import { Reads } from './host/readable.js';
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
  /** The agent's entry in node.json, for the generic connectors. */
  agent?: AgentConfig & { title: string };
}

/** What a script returned. */
type LuaFace = Pick<LuaVm, 'functions' | 'fields'>;

/** Makes the host of one VM, whose processes start in `cwd`. */
export type NewHost = (connector: Name, cwd: string) => SessionHost;

/** The scripts of a connector's folder. */
export interface ConnectorScripts {
  /** connector.lua */
  main: LuaScript;
  /** The others, by their names without `.lua`: those of its transports, and libraries of its own. */
  others: ReadonlyMap<string, LuaScript>;
}

/** The field `transports` of connector.lua; a table without entries is none. */
const Transports = z.array(Name).min(1).optional().catch(undefined);

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
  private known: Promise<LuaFace> | undefined;
  /** What the script said of its agent last. */
  private detected: Pick<ConnectorInfo, 'title' | 'version'> | undefined;

  /** `preferred` is the transport of sessions that name none; without it the first that connector.lua names. */
  constructor(
    private readonly pool: LuaPool,
    private readonly scripts: ConnectorScripts,
    private readonly context: ConnectorContext,
    private readonly newHost: NewHost,
    private readonly preferred?: Name,
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
    const transports = await this.transports();
    const found = await this.run(Detected, homedir(), 'detect', this.context);
    const { title, version = null, hint = null } = found;
    this.detected = { title, version };
    return { ...found, id: this.id, version, hint, ...(transports.length > 0 && { transports }) };
  }

  /** The names of the functions of connector.lua and, where it has transports, of the script of each. Rejects with PraxisError. */
  async functions(): Promise<Map<string, string[]>> {
    return new Map([...(await this.faces())].map(([name, { functions }]) => [name, [...functions].sort()]));
  }

  /** The files that its scripts may read, as patterns. Rejects with PraxisError when they are none. */
  async reads(): Promise<string[]> {
    const patterns = new Set<string>();
    for (const { fields } of (await this.faces()).values()) {
      const reads = Reads.safeParse(fields.reads);
      if (!reads.success) throw this.failed(`${this.scripts.main.name}: reads: ${problemsOf(reads.error)}`);
      for (const pattern of reads.data) patterns.add(pattern);
    }
    return [...patterns];
  }

  /** What connector.lua returned, and the script of each transport. */
  private async faces(): Promise<Map<string, LuaFace>> {
    const faces = new Map([['connector', await this.face()]]);
    for (const transport of await this.transports())
      faces.set(transport, await this.load(this.scripts.others.get(transport)!));
    return faces;
  }

  /** A script that has `prompt` drives its agent itself, in a VM that lives as long as the session. */
  async open(request: SessionRequest): Promise<AgentSpec> {
    const transport = await this.choose(request.transport);
    const script = transport === undefined ? this.scripts.main : this.scripts.others.get(transport)!;
    const session: SessionRequest = { ...request, transport };
    const host = this.newHost(this.id, request.cwd);
    let agent: ScriptedAgent | undefined;
    const vm = await this.openVm(host, script, {
      onStopped: () => agent?.vmStopped(),
      onFresh: (error) => void agent?.vmRenewed(error),
    });
    const { context } = this;
    if (!vm.functions.has('prompt')) {
      const opened = await this.ask(Opened, host, vm, 'open', session, context);
      const { acp, load_in_new_minute: loadInNewMinute, ...manner } = opened;
      return { ...acp, ...manner, loadInNewMinute, transport };
    }
    return {
      transport,
      start: (events) => {
        agent = new ScriptedAgent({ ...events, vm, host, session, context, agentInfo: this.agentInfo() });
        return agent;
      },
      discard: async () => {
        vm.close();
        await host.stop();
      },
    };
  }

  /** As ACP wants it, which has a version always. */
  private agentInfo() {
    const { title = this.context.agent?.title ?? this.id, version } = this.detected ?? {};
    return { name: this.id, title, version: version ?? 'unknown' };
  }

  /** What there is to choose from, the default first; empty where connector.lua has all functions itself. Rejects with PraxisError. */
  private async transports(): Promise<Name[]> {
    const { fields } = await this.face();
    const named = Transports.parse(fields.transports) ?? [];
    const missing = named.find((name) => !this.scripts.others.has(name));
    if (missing) throw this.failed(`there is no ${missing}.lua for its transport ${missing}`);
    const { preferred } = this;
    if (preferred === undefined) return named;
    if (!named.includes(preferred)) {
      const { code, message, data } = unknownTransport(this.id, preferred, named);
      throw new PraxisError(code, `node.json: transports: ${message}`, data);
    }
    return [preferred, ...named.filter((name) => name !== preferred)];
  }

  private async choose(wanted: Name | undefined): Promise<Name | undefined> {
    const transports = await this.transports();
    if (wanted !== undefined && !transports.includes(wanted))
      throw unknownTransport(this.id, wanted, transports);
    return wanted ?? transports[0];
  }

  /** What connector.lua returned when it was first run; a failure is tried again the next time. */
  private face(): Promise<LuaFace> {
    this.known ??= this.load(this.scripts.main);
    this.known.catch(() => {
      this.known = undefined;
    });
    return this.known;
  }

  private async load(script: LuaScript): Promise<LuaFace> {
    const host = this.newHost(this.id, homedir());
    const vm = await this.openVm(host, script);
    vm.close();
    await host.stop();
    return vm;
  }

  /** One question to connector.lua, in a VM of its own. */
  private async run<T extends z.ZodType>(schema: T, cwd: string, name: string, ...args: unknown[]) {
    const host = this.newHost(this.id, cwd);
    return this.ask(schema, host, await this.openVm(host, this.scripts.main), name, ...args);
  }

  private async openVm(
    host: SessionHost,
    script: LuaScript,
    events: Pick<LuaVmOptions, 'onStopped' | 'onFresh'> = {},
  ) {
    const { tell } = host;
    try {
      const vm = await this.pool.open({
        script,
        host: (name, args) => this.call(host, name, args),
        tell,
        ...events,
      });
      host.attach(vm);
      return vm;
    } catch (error) {
      await host.stop();
      throw this.explain(error);
    }
  }

  /** A library of the connector's own folder goes before one of the node. */
  private async call(host: SessionHost, name: string, args: unknown[]): Promise<unknown> {
    const own = name === 'library' ? this.scripts.others.get(String(args[0])) : undefined;
    return own ? own.bytecode : host.call(name, args);
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
      throw this.failed(`${name}() answered wrongly: ${problemsOf(answer.error)}`);
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
