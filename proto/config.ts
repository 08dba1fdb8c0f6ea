/** Configuration: the files of `$PRAXIS_HOME`, each checked with a schema before anyone uses it. */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AbsolutePath } from './acp.js';
import { ConfigError, makeDirectory } from './home.js';
import { Name } from './ids.js';
import { NodePolicy } from './policy.js';
import { MessageText } from './praxis.js';
import { problemsOf } from './problems.js';

/** How to reach the bus as somebody. `url` is amqp://, amqps:// or unix:///path/of/socket, without user or password. */
export const Credentials = z.object({
  url: z.string().regex(/^(?:amqps?|unix):\/\//, 'begins with amqp://, amqps:// or unix://'),
  user: z.string().min(1),
  password: z.string().min(1),
});
export type Credentials = z.infer<typeof Credentials>;

/** A pattern of Lua, or keys to type. */
const Keys = z.string().min(1).max(1_024);

/** How a program on a terminal is driven that knows nothing of ACP. Patterns are Lua's, and mean the end of what is shown. */
export const PtyConfig = z.strictObject({
  /** What it shows when it has started and waits for input. */
  ready: Keys,
  /** What it shows at the end of an answer. Default: as `ready`. */
  end: Keys.optional(),
  /** What it shows when it waits for more lines of the same input: lines are then typed one at a time. */
  more: Keys.optional(),
  /** Keys that stop it. Default: Ctrl+C. */
  cancel: Keys.optional(),
  /** Keys that submit what was typed. Default: Enter. */
  submit: Keys.optional(),
  /** Whether it shows what is typed. Default: true. */
  echo: z.boolean().optional(),
  /** What it says. Default: plain. */
  text: MessageText.optional(),
  /** Its $TERM. Default: dumb, for which programs do not draw. */
  term: z.string().min(1).max(64).optional(),
});
export type PtyConfig = z.infer<typeof PtyConfig>;

/** An agent that the owner of a node names: any program that speaks ACP on its stdio, or, with `pty`, one on a terminal. */
export const AgentConfig = z.strictObject({
  title: z.string().min(1).max(80).optional(),
  command: z.array(z.string().min(1)).min(1),
  env: z.record(z.string(), z.string()).default({}),
  pty: PtyConfig.optional(),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

export const NodeConfig = z.strictObject({
  name: Name.optional(),
  /** Directories below which sessions may work. Default: all that the node's user may use. */
  roots: z.array(AbsolutePath).min(1).optional(),
  yolo: z.enum(['allow', 'deny']).default('allow'),
  /** What clients may do with the terminal of an agent that runs on one: type, only look, or neither. */
  terminal: z.enum(['write', 'read', 'deny']).default('write'),
  /** Whether clients may name MCP servers for a session: programs that its agent starts on this node. */
  mcpServers: z.enum(['allow', 'deny']).default('allow'),
  agents: z.record(Name, AgentConfig).default({}),
  /** The transport of sessions that name none, by the connector's id. */
  transports: z.record(Name, Name).default({}),
  ...NodePolicy.shape,
});
export type NodeConfig = z.infer<typeof NodeConfig>;

/** Reads and checks a JSON file; undefined where there is none. Throws ConfigError. */
export function readConfig<T extends z.ZodType>(file: string, schema: T): z.infer<T> | undefined {
  if (!existsSync(file)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(file, `is not JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConfigError(file, problemsOf(parsed.error));
  return parsed.data;
}

/** Writes a file that holds a secret: mode 0600 from its first byte, complete or not at all. */
export function writeSecret(file: string, value: unknown): void {
  makeDirectory(dirname(file));
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** A name made of this machine's host name, for a node or client that has none. */
export function defaultName(host: string = hostname()): Name {
  const name = host
    .toLowerCase()
    .replace(/\..*$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
  return Name.safeParse(name).success ? name : 'local';
}

/** Names of environment variables that are ours; none of them reaches an agent. */
export const isOwnVariable = (name: string): boolean => name.startsWith('PRAXIS_');
