/** The requests of clients about the terminal of a session's agent: to look at it, and to type on it. */
import { ErrorCode, invalidParams, PraxisError, type Request, TerminalMethods } from '../proto/index.js';

/** What the node's owner lets clients do with the terminals of agents. */
export type TerminalRight = 'write' | 'read' | 'deny';

/** The terminal of a session's agent, as a viewer has it. */
export interface ViewedTerminal {
  /** Resolves when it shows something else than the picture named `after`, has ended, or `ms` milliseconds have passed. */
  show(after: string | undefined, ms: number): Promise<object>;
  /** Resolves when it has taken the text. Rejects when its program does not read. */
  write(text: string): Promise<void>;
}

export const isTerminalRequest = ({ method }: Request): boolean => Object.hasOwn(TerminalMethods, method);

/** The result of the request. Throws PraxisError. */
export async function terminalRequest(
  { method, params }: Request,
  terminal: ViewedTerminal | undefined,
  right: TerminalRight,
): Promise<object> {
  if (right === 'deny') throw forbidden('look at the terminals of agents');
  if (!terminal)
    throw new PraxisError(ErrorCode.InvalidRequest, 'The agent of this session runs on no terminal', {
      hint: 'Only connectors that drive a program on a terminal have one to show; a transport `pty` does',
    });
  if (method === '_praxis/terminal/show') {
    const { after, waitMs } = checked(TerminalMethods[method].params, method, params);
    return { ...(await terminal.show(after, waitMs)), writable: right === 'write' };
  }
  const { text } = checked(TerminalMethods['_praxis/terminal/type'].params, method, params);
  if (right !== 'write') throw forbidden('type on the terminals of agents');
  try {
    await terminal.write(text);
  } catch (error) {
    throw new PraxisError(ErrorCode.AgentLost, (error as Error).message);
  }
  return {};
}

const forbidden = (what: string) =>
  new PraxisError(ErrorCode.Forbidden, `The node's owner does not let clients ${what} (node.json: terminal)`);

function checked<T>(
  schema: {
    safeParse(
      value: unknown,
    ): { success: true; data: T } | { success: false; error: { issues: { message: string }[] } };
  },
  method: string,
  params: unknown,
): T {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw invalidParams(`${method}: ${parsed.error.issues[0]?.message}`);
}
