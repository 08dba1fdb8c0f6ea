/**
 * The methods that the service answers itself, on json-rpc-2.0's server. It never sees a batch (parseFrame refuses arrays),
 * its errors are ours (it would say code 0), and it never writes to the terminal.
 */
import { JSONRPCServer } from 'json-rpc-2.0';
import type { z } from 'zod';
import {
  ErrorCode,
  frameTooLarge,
  isTooLarge,
  methodNotFound,
  PraxisError,
  problemsOf,
  type Request,
} from '../../proto/index.js';
import type { Client } from '../clients/clients.js';
import type { Outcome } from '../sessions/session.js';

/** A request that the service answers. */
export interface Call {
  client: Client;
  /** What happens right after the answer has been sent. */
  afterwards(call: () => void): void;
}

export class MethodServer {
  private readonly server = new JSONRPCServer<Call>({ errorListener: () => {} });

  constructor() {
    this.server.mapErrorToJSONRPCErrorResponse = (id, error) => ({
      jsonrpc: '2.0',
      id,
      error: PraxisError.from(error).toJSON(),
    });
  }

  has(method: string): boolean {
    return this.server.hasMethod(method);
  }

  /** Adds a method. What does not fit `params` is answered with InvalidParams. */
  add<P extends z.ZodType>(
    method: string,
    params: P,
    answer: (params: z.infer<P>, call: Call) => object | Promise<object>,
  ): void {
    this.server.addMethod(method, (given, call) => answer(checked(params, given ?? {}), call));
  }

  /** Begins to answer at once; what the method changes is changed when this returns. */
  async answer({ method, params }: Request, call: Call): Promise<Outcome> {
    const response = await this.server.receive({ jsonrpc: '2.0', id: 0, method, params }, call);
    if (response?.error) return { error: JSON.stringify(response.error) };
    if (!response) return { error: JSON.stringify(methodNotFound(method)) };
    const result = JSON.stringify(response.result);
    // Nobody would read it: whoever waits is told instead.
    return isTooLarge(result) ? { error: JSON.stringify(frameTooLarge()) } : { result };
  }
}

/** `value` as the schema says. Throws InvalidParams that names what is wrong, without its content. */
export function checked<P extends z.ZodType>(schema: P, value: unknown): z.infer<P> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new PraxisError(ErrorCode.InvalidParams, `Bad params: ${problemsOf(parsed.error)}`, { issues });
}
