/** `/status`: what there is to know of a session, and of the way to it. */
import { sanitizeLine } from '../../client/index.js';
import { fitted, type Line, span, wrap } from '../draw/line.js';
import { currentChat, type State } from '../state.js';
import { age, type Box } from './box.js';
import { framed } from './layout.js';
import { STATE_MARKS } from './list.js';

export function statusBox(state: State, now: number): Box | null {
  const chat = currentChat(state);
  if (!chat) return null;
  const { view } = chat;
  const { session, usage } = view;
  const info = state.sessions.get(chat.sessionId);
  const mode = view.modes?.available.find((m) => m.id === view.modes?.current)?.name ?? view.modes?.current;
  const facts: [string, string | null | undefined][] = [
    ['State', STATE_MARKS[session.state][2]],
    ['Agent', session.agent || info?.agent],
    ['Model', view.model],
    ['Driven by', info?.transport],
    ['Title', session.title],
    ['Node', session.node || info?.node],
    ['Directory', session.cwd || info?.cwd],
    ['Session', chat.sessionId],
    ['Age', info && age(now - info.createdAt, state.settings.plain)],
    ['Mode', mode],
    ['YOLO', session.yolo ? 'on: the agent asks nobody' : 'off'],
    ['Queued', view.queue.length > 0 ? String(view.queue.length) : null],
    ['Waits for you', view.approvals.length > 0 ? String(view.approvals.length) : null],
    ['Context', usage && `${usage.used} of ${usage.size} tokens`],
    ['Cost', usage?.cost && `${usage.cost.amount.toFixed(2)} ${usage.cost.currency}`],
    ['Events', `${view.seq} (run ${view.epoch})`],
    ['Link', state.link.kind.replace('_', ' ')],
  ];
  const width = Math.min(state.columns - 4, 76);
  const content = facts.flatMap(([name, value]): Line[] =>
    value === null || value === undefined || value === ''
      ? []
      : wrap([span(sanitizeLine(value))], width - 20).map((l, i) => [
          ...fitted([span(i === 0 ? name : '', 'dim')], 16),
          ...l,
        ]),
  );
  return { lines: framed('Status', content, width), width, cursor: null };
}
