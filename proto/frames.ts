/**
 * One ACP JSON-RPC frame: a line of JSON that travels byte for byte. A frame is read once, for its envelope only;
 * what must change (an id, a session id) is spliced into the line, so that everything else stays as it was said.
 */
import { ErrorCode, type ErrorObject, PraxisError } from './errors.js';
import { MAX_FRAME_BYTES, MAX_FRAME_DEPTH, MAX_ID_LENGTH } from './limits.js';
import { skipString } from './splice.js';

/** A JSON-RPC id. Matching is by value and type: 1 is not "1". */
export type FrameId = string | number | null;

interface Line {
  /** The frame as it was received, without its line end. It holds no line feed: a body of frames is split there. */
  readonly line: string;
}
export interface Request extends Line {
  kind: 'request';
  id: FrameId;
  method: string;
  params: Record<string, unknown>;
}
export interface Notification extends Line {
  kind: 'notification';
  method: string;
  params: Record<string, unknown>;
}
export interface Response extends Line {
  kind: 'response';
  id: FrameId;
  result?: unknown;
  error?: ErrorObject;
}
export type Frame = Request | Notification | Response;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (message: string) => new PraxisError(ErrorCode.InvalidRequest, message);

/**
 * Reads one line. Throws a PraxisError that says what is wrong: -32700 for what is not JSON, -32600 for JSON that is no
 * frame (an array among it: ACP has no batches), FrameTooLarge above MAX_FRAME_BYTES. Unknown members are kept in `line`.
 * An answer that nests too deep is read as an error in its place.
 */
export function parseFrame(line: string): Frame {
  if (isTooLarge(line)) throw frameTooLarge();
  if (line.includes('\n')) throw invalid('A frame is one line');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new PraxisError(ErrorCode.ParseError, 'The frame is not JSON');
  }
  if (Array.isArray(value)) throw invalid('Batches are not part of ACP');
  if (!isObject(value)) throw invalid('A frame is a JSON object');
  if (value.jsonrpc !== '2.0') throw invalid('A frame has "jsonrpc": "2.0"');
  const { id, method, params } = value;
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
    throw invalid('A frame id is a string or a number');
  if (typeof id === 'string' && id.length > MAX_ID_LENGTH) throw invalid('The frame id is too long');
  if (method === undefined) {
    if (id === undefined) throw invalid('A frame has a method or an id');
    if (tooDeep(line)) return deepAnswer(id);
    if ('error' in value) return { kind: 'response', id, error: readError(value.error), line };
    if ('result' in value) return { kind: 'response', id, result: value.result, line };
    throw invalid('A response has a result or an error');
  }
  if (typeof method !== 'string' || method === '' || method.length > MAX_ID_LENGTH)
    throw invalid('A method is a short string');
  if (params !== undefined && params !== null && !isObject(params)) throw invalid('Params are an object');
  if (tooDeep(line)) throw invalid(`A frame may nest ${MAX_FRAME_DEPTH} levels at most`);
  const known = (params ?? {}) as Record<string, unknown>;
  return id === undefined
    ? { kind: 'notification', method, params: known, line }
    : { kind: 'request', id, method, params: known, line };
}

/** Whoever waits for the answer gets one: an error in its place, that says why. */
function deepAnswer(id: FrameId): Response {
  const error = new PraxisError(
    ErrorCode.InternalError,
    `The peer's answer nests more than ${MAX_FRAME_DEPTH} levels`,
  );
  return { kind: 'response', id, error: error.toJSON(), line: errorLine(id, error) };
}

function readError(error: unknown): ErrorObject {
  if (isObject(error) && typeof error.code === 'number' && typeof error.message === 'string')
    return error as unknown as ErrorObject;
  return {
    code: ErrorCode.InternalError,
    message: 'The peer answered with an error of no known form',
    data: error,
  };
}

/** Whether a line is larger than a frame may be. A character has at most three bytes of UTF-8 for each of its UTF-16 units. */
export const isTooLarge = (line: string): boolean =>
  line.length > MAX_FRAME_BYTES ||
  (3 * line.length > MAX_FRAME_BYTES && Buffer.byteLength(line) > MAX_FRAME_BYTES);

export const frameTooLarge = () =>
  new PraxisError(ErrorCode.FrameTooLarge, `A frame may have ${MAX_FRAME_BYTES} bytes at most`);

/** Depth is a matter of brackets outside strings. */
function tooDeep(line: string): boolean {
  if (line.length < 2 * MAX_FRAME_DEPTH) return false;
  let depth = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c === 0x22) i = skipString(line, i) - 1;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_FRAME_DEPTH) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}

/** The session that a request or notification is about; undefined where it names none. */
export function sessionIdOf(frame: Frame): string | undefined {
  if (frame.kind === 'response') return undefined;
  const { sessionId } = frame.params;
  return typeof sessionId === 'string' ? sessionId : undefined;
}

/** Our own `_meta.praxis` of a frame's params; undefined where there is none. */
export function praxisMeta(params: Record<string, unknown>): Record<string, unknown> | undefined {
  const meta = params._meta;
  if (!isObject(meta)) return undefined;
  return isObject(meta.praxis) ? meta.praxis : undefined;
}

export const requestLine = (id: FrameId, method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

export const notificationLine = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params });

export const resultLine = (id: FrameId, result: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: result === undefined ? null : result });

export const errorLine = (id: FrameId, error: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: PraxisError.from(error) });
