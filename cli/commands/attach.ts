/** `praxis session attach`: the transcript from its start, then live, until no turn runs or waits any more. */
import { type SessionEvent, sanitizeLine } from '../../client/index.js';
import type { Frame } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { EXIT } from '../exit.js';
import { type Io, json } from '../io.js';
import { asidesOf, JsonPrinter, TextPrinter } from '../turn/printer.js';
import { Questions, type Unattended } from '../turn/questions.js';

/** Whoever looks on without a terminal leaves every question to others. */
const ONLOOKER: Unattended = { waits: async () => true, how: () => '', howToWait: () => '' };

export function attach(io: Io, id: string, options: { json?: boolean; verbose?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    const printer = options.json
      ? new JsonPrinter(io)
      : new TextPrinter(io, asidesOf(io, options.verbose), client.address.split('.')[0]);
    const questions = new Questions(io, client, printer, ONLOOKER);
    const watch = new TurnWatch();
    const held = new Map<string, SessionEvent>();
    let caughtUp = false;
    const onEvent = (event: SessionEvent) => {
      printer.event(event);
      watch.event(event.frame);
      // A question of the history is asked only if it is still open when the history has been read.
      if (caughtUp || event.frame.kind !== 'request') questions.event(event);
      if (!caughtUp) hold(held, event);
    };
    const stopListening = io.onInterrupt(() => watch.leave());
    try {
      const cursor = await within(
        client.attach(sessionId, 0, onEvent, () => {
          caughtUp = true;
          for (const event of held.values()) questions.event(event);
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
