/** What goes wrong between a script and its agent, as errors of the wire. */
import type { z } from 'zod';
import { ErrorCode, PraxisError, problemsOf } from '../../proto/index.js';
import { describeExit } from '../agent-link.js';
import type { AgentEnd } from '../host/streams.js';
import { LuaError } from '../lua/index.js';

/** The script's own error, with the code that it chose. */
export const scriptProblem = ({ message, code, kind, file, line }: LuaError): PraxisError =>
  code === undefined
    ? new PraxisError(ErrorCode.InternalError, `The connector failed: ${message}`, {
        by: 'connector',
        kind,
        file,
        line,
      })
    : new PraxisError(code, message);

/** The agent's program ended while something was asked of it. */
export const agentProblem = ({ exit, stderr }: AgentEnd): PraxisError =>
  new PraxisError(ErrorCode.AgentStartFailed, describeExit(exit, stderr), {
    exitCode: exit.code,
    signal: exit.signal,
    stderr,
    hint: "Run the agent's program by hand on the node to see what it lacks",
  });

/** What a function of the script returned. Throws a LuaError that says what is wrong with it. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, name: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LuaError({
    kind: 'runtime',
    message: `${name} returned what is no good: ${problemsOf(parsed.error)}`,
  });
}
