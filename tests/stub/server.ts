/**
 * A model server on loopback that plays the script in the prompt. What differs between vendors, reading a request and
 * writing a reply, is a `Vendor`; the rest is here once.
 */
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Step, stepsFor } from './script.js';

/** Milliseconds between two looks for a file. */
const LOOK_MS = 20;

/** A request to the model, as far as the stub reads it. */
export interface ModelRequest {
  /** The last thing that the person said. */
  prompt: string;
  /** Replies of the model since then: 0 for the first request of a turn, 1 after the first tool result. */
  round: number;
  /** The last tool result, as JSON; empty when there is none. */
  toolResult: string;
  /** A request of the agent for itself, such as one for a title: it offers no tools, and is answered with `ok`. */
  side?: boolean;
}

export interface Writer {
  text(text: string): void;
  thought(text: string): void;
  tool(name: string, input: Record<string, unknown>): void;
  error(status: number, message: string): void;
  end(): void;
}

export interface Vendor {
  /** Undefined where the request is not for the model. */
  read(path: URL, body: unknown): ModelRequest | undefined;
  writer(path: URL, response: ServerResponse, body: unknown): Writer;
  /** The JSON answer to any other request; undefined: 404. */
  other(path: URL): unknown;
}

export interface Stub {
  readonly url: string;
  /** The requests that reached the model, oldest first; agents' requests for themselves are left out. */
  readonly requests: readonly (ModelRequest & { body: unknown })[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

async function play(steps: Step[], asked: ModelRequest, writer: Writer, gone: AbortSignal): Promise<void> {
  for (const step of steps) {
    if (gone.aborted) return;
    if ('text' in step) {
      for (const word of step.text.replaceAll('{{toolResult}}', asked.toolResult).match(/\S+\s*|\s+/g) ??
        []) {
        writer.text(word);
        await pause(step.pauseMs, undefined, { signal: gone });
      }
    } else if ('until' in step) {
      while (!existsSync(step.until)) await pause(LOOK_MS, undefined, { signal: gone });
    } else if ('thought' in step) writer.thought(step.thought);
    else if ('tool' in step) writer.tool(step.tool, step.input);
    else if ('error' in step) return writer.error(step.error.status, step.error.message);
    else return;
  }
  writer.end();
}

/** Starts the stub on a free port of loopback. */
export async function startStub(vendor: Vendor): Promise<Stub> {
  const requests: (ModelRequest & { body: unknown })[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const serve = async () => {
      const path = new URL(request.url ?? '/', 'http://stub');
      const body = await bodyOf(request);
      const asked = request.method === 'POST' ? vendor.read(path, body) : undefined;
      if (asked) {
        if (!asked.side) requests.push({ ...asked, body });
        const steps = asked.side ? [{ text: 'ok', pauseMs: 0 }] : stepsFor(asked.prompt, asked.round);
        await play(steps, asked, vendor.writer(path, response, body), gone.signal);
        return;
      }
      const other = vendor.other(path);
      answer(
        other === undefined ? 404 : 200,
        other ?? { error: { message: `no such route: ${path.pathname}` } },
      );
    };
    serve().catch((error: unknown) => {
      if (gone.signal.aborted) return;
      if (response.headersSent) response.destroy();
      else answer(400, { error: { code: 400, message: String(error), status: 'INVALID_ARGUMENT' } });
    });
  });
  // Codex tries a WebSocket first and goes on without one.
  server.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
