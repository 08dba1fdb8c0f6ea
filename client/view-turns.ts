/**
 * Folds `_praxis/turn`: a prompt waits in the queue, becomes an item when it runs, and its turn ends with one last item. One that no
 * agent has got goes back into the queue.
 */
import type { ContentBlock } from '../proto/index.js';
import type { Draft } from './view.js';
import type { PromptItem, TurnEndItem } from './view-items.js';
import { blocksText, type Fields, fields, isFields, number, text, turnUsage } from './view-read.js';
import type { Updates } from './view-updates.js';

export class Turns {
  readonly #draft: Draft;
  readonly #updates: Updates;

  constructor(draft: Draft, updates: Updates) {
    this.#draft = draft;
    this.#updates = updates;
  }

  turn(params: Fields) {
    const turnId = text(params.turnId);
    if (turnId === undefined) return;
    switch (params.state) {
      case 'queued':
        return this.#queued(turnId, params);
      case 'running':
        return this.#running(turnId, params);
      case 'cancelling':
        return this.#set(turnId, 'cancelling');
      case 'removed':
        return void this.#unqueue(turnId);
      case 'ended':
        return this.#ended(turnId, params);
    }
  }

  #prompt(turnId: string, params: Fields): PromptItem {
    const content = (Array.isArray(params.prompt) ? params.prompt : []) as ContentBlock[];
    return this.#draft.make({
      kind: 'prompt',
      turnId,
      by: text(params.by) ?? null,
      state: 'queued',
      content,
      text: blocksText(content),
      startedAt: null,
      model: null,
      end: null,
    });
  }

  #queued(turnId: string, params: Fields): void {
    const { queue } = this.#draft.view;
    const known = queue.find((p) => p.turnId === turnId) ?? this.#takenBack(turnId);
    if (known && Array.isArray(params.prompt)) {
      known.content = params.prompt as ContentBlock[];
      known.text = blocksText(known.content);
      this.#draft.touch(known);
    }
    const waiting = known ?? this.#prompt(turnId, params);
    if (params.next === true) {
      this.#unqueue(turnId);
      queue.unshift(waiting);
    } else if (!known) queue.push(waiting);
  }

  #takenBack(turnId: string): PromptItem | undefined {
    const { view } = this.#draft;
    const item = view.running;
    if (item?.turnId !== turnId) return undefined;
    view.running = null;
    view.items.splice(view.items.lastIndexOf(item), 1);
    item.state = 'queued';
    item.startedAt = null;
    item.model = null;
    this.#draft.touch(item);
    return item;
  }

  #unqueue(turnId: string): PromptItem | undefined {
    const { queue } = this.#draft.view;
    const at = queue.findIndex((p) => p.turnId === turnId);
    return at < 0 ? undefined : queue.splice(at, 1)[0];
  }

  #running(turnId: string, params: Fields) {
    const { view } = this.#draft;
    if (view.running?.turnId === turnId) return this.#set(turnId, 'running');
    this.#updates.beginTurn();
    const item = this.#unqueue(turnId) ?? this.#prompt(turnId, params);
    item.state = 'running';
    this.#draft.touch(item);
    view.items.push(item);
    item.startedAt = this.#draft.at;
    item.model = view.model;
    view.running = item;
  }

  #set(turnId: string, state: PromptItem['state']): void {
    const { running } = this.#draft.view;
    if (running?.turnId !== turnId) return;
    running.state = state;
    this.#draft.touch(running);
  }

  #ended(turnId: string, params: Fields): void {
    const { view } = this.#draft;
    const prompt = view.running?.turnId === turnId ? view.running : null;
    const startedAt = prompt?.startedAt ?? null;
    if (!prompt) {
      // It ended without having run: cancelled in the queue, or its session was lost.
      const waiting = this.#unqueue(turnId);
      if (!waiting) return;
      view.items.push(waiting);
      waiting.state = 'ended';
      this.#draft.touch(waiting);
    } else {
      this.#set(turnId, 'ended');
      view.running = null;
      this.#updates.endTurn();
    }
    const error = isFields(params.error) ? params.error : null;
    const result = fields(params.result);
    const end: TurnEndItem = this.#draft.add({
      kind: 'end',
      turnId,
      stopReason: text(params.stopReason) ?? null,
      error: error && { code: number(error.code) ?? 0, message: text(error.message) ?? 'The turn failed' },
      elapsedMs: this.#draft.at - (startedAt ?? this.#draft.at),
      usage: turnUsage(result),
    });
    if (!prompt) return;
    prompt.end = end;
    this.#draft.touch(prompt);
  }
}
