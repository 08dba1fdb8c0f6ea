/** Requests and their answers as values: JSON in, the result or a PraxisError out. */
import { fault, PraxisError, type Response } from '../proto/index.js';

/** The result of an answer; throws the error of the service or agent as it was said. */
export function unwrap(response: Response): unknown {
  if (!response.error) return response.result;
  const { code, message, data } = response.error;
  throw new PraxisError(code, message, data);
}

/** The answer had not the form that was agreed on: the service is broken or much newer. */
export const badAnswer = (method: string) =>
  fault(`The service answered ${method} in a form that is not known here`);
