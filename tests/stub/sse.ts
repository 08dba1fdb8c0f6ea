/** Server-sent events, as every vendor's stream is made of them: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { ServerResponse } from 'node:http';

export function sendEvent(response: ServerResponse, data: unknown, event?: string): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  response.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** An error as the HTTP answer or, when the stream has begun, as `inStream` says it. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: unknown,
  inStream: () => void,
): void {
  if (response.headersSent) {
    inStream();
    response.end();
  } else sendJson(response, status, error);
}
