/** `praxis session attach`: the transcript from its start, then live, until no turn runs or waits any more. */
import { abstain, type SessionEvent, sanitizeLine } from '../../client/index.js';
import type { Frame } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { EXIT } from '../exit.js';
import { canAsk, type Io, json } from '../io.js';
import { JsonPrinter, TextPrinter } from '../turn/printer.js';
import { Questions } from '../turn/questions.js';

export function attach(io: Io, id: string, options: { json?: boolean; verbose?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    const printer = options.json
      ? new JsonPrinter(io)
      : new TextPrinter(io, options.verbose ?? io.stderr.isTTY === true, client.address.split('.')[0]);
    const questions = new Questions(io, client, printer);
    const watch = new TurnWatch();
    const held = new Map<string, SessionEvent>();
    let caughtUp = false;
    const onEvent = (event: SessionEvent) => {
      printer.event(event);
      watch.event(event.frame);
      // A question of the history is asked only if it is still open when the history has been read.
      if (caughtUp || event.frame.kind !== 'request') ask(event);
      if (!caughtUp) hold(held, event);
    };
    const ask = (event: SessionEvent) => {
      if (canAsk(io)) questions.event(event);
      else abstain(client, event);
    };
    const stopListening = io.onInterrupt(() => watch.leave());
    try {
      const cursor = await within(
        client.attach(sessionId, 0, onEvent, () => {
          caughtUp = true;
          for (const event of held.values()) ask(event);
          watch.caughtUp();
        }),
      );
      const last = await watch.over;
      await cursor.detach();
      printer.broken();
      if (options.json) json(io, { sessionId, stopReason: last ?? null });
      return EXIT.ok![0];
    } finally {
      stopListening();
      questions.close();
    }
  });
}

function hold(held: Map<string, SessionEvent>, event: SessionEvent): void {
  const { frame } = event;
  if (frame.kind === 'request') held.set(String(frame.id), event);
  else if (frame.kind === 'notification' && frame.method === '_praxis/request/resolved')
    held.delete(String(frame.params.requestId));
}

/** Whether anything still runs or waits in the session. */
class TurnWatch {
  readonly #active = new Set<unknown>();
  #caughtUp = false;
  #last: string | undefined;
  #finish: (last: string | undefined) => void = () => undefined;
  /** Resolves with the stop reason of the last turn. */
  readonly over = new Promise<string | undefined>((resolve) => {
    this.#finish = resolve;
  });

  event(frame: Frame): void {
    if (frame.kind !== 'notification') return;
    const { turnId, state, stopReason } = frame.params;
    if (frame.method === '_praxis/turn') {
      if (state === 'ended' || state === 'removed') this.#active.delete(turnId);
      else this.#active.add(turnId);
      if (state === 'ended')
        this.#last = typeof stopReason === 'string' ? sanitizeLine(stopReason) : undefined;
    } else if (frame.method === '_praxis/session/state' && state === 'ended') this.#active.clear();
    this.#check();
  }

  caughtUp(): void {
    this.#caughtUp = true;
    this.#check();
  }

  /** Stop watching, whatever runs. */
  leave(): void {
    this.#finish(this.#last);
  }

  #check(): void {
    if (this.#caughtUp && this.#active.size === 0) this.#finish(this.#last);
  }
}
