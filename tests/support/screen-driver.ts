/** The state of the screen without a screen: messages in, effects out. */
import { SessionFold } from '../../client/index.js';
import { parseFrame } from '../../proto/index.js';
import type { Effect, Message } from '../../tui/effects.js';
import { reduce } from '../../tui/reduce.js';
import { currentChat, initialState, type State } from '../../tui/state.js';
import { NODE } from './scripted-client.js';

export const sessionId = '5b0f7f3a-6a56-4c53-9d4a-6f1f3f6f4c1e';
export const turnId = '11111111-1111-4111-8111-111111111111';

/** A screen with one open session, driven by messages alone. */
export class Driver {
  readonly fold = new SessionFold(sessionId);
  effects: Effect[] = [];
  now = 10_000;
  state: State = initialState({ me: 'ada', here: null, link: { kind: 'connected' }, columns: 100, rows: 30 });
  #seq = 0;

  constructor() {
    this.tell({ type: 'nodes', nodes: [NODE] });
    this.tell({ type: 'opened', sessionId, view: this.fold.view });
    this.tell({ type: 'caughtUp', sessionId });
    this.state = { ...this.state, current: sessionId, focus: 'chat' };
    this.event('_praxis/session/state', { state: 'idle' });
  }

  tell(message: Message): void {
    const { state, effects } = reduce(this.state, message, this.now);
    this.state = state;
    this.effects.push(...effects);
  }
  key(name: string): void {
    this.tell({ type: 'input', event: { type: 'key', name } });
  }
  type(text: string): void {
    this.tell({ type: 'input', event: { type: 'text', text } });
  }
  event(method: string, params: object, id?: string): void {
    this.#seq++;
    const frame = parseFrame(
      JSON.stringify({ jsonrpc: '2.0', id, method, params: { sessionId, ...params } }),
    );
    this.fold.apply({ sessionId, seq: this.#seq, epoch: 1, at: this.now, frame });
    this.tell({ type: 'changed', sessionId });
  }
  ask(id: string): void {
    const options = [{ optionId: 'y', name: 'Yes', kind: 'allow_once' }];
    this.event('session/request_permission', { toolCall: { toolCallId: id, title: 'Do it' }, options }, id);
  }
  get chat() {
    return currentChat(this.state)!;
  }
}
