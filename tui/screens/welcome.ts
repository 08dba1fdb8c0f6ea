/** What stands on the right before a session is open: what to do next. */
import { fitted, type Line, span, wrap } from '../draw/line.js';
import { keyOf } from '../keys.js';
import { liveSessions, type State } from '../state.js';

export function welcome(state: State, width: number, height: number): Line[] {
  const inner = Math.max(10, width - 6);
  const ready = state.nodes.some((n) => n.state === 'live' && n.connectors.some((c) => c.status === 'ready'));
  // Nothing is written here yet, so the short one does.
  const isShort = state.keys.commandFor(['everywhere'], '?') === 'help';
  const shownKeys = isShort ? '?' : keyOf(state.keys, 'help');
  const some = liveSessions(state).length > 0;
  const text: Line[] = [
    [span('Praxis', 'heading')],
    ...wrap([span('Your coding agents on all your machines, in one place.', 'dim')], inner),
    [],
    ...(ready
      ? [
          ...wrap(
            [
              span(`Choose ${some ? 'a session or ' : ''}an agent on the left with `),
              span(`${keyOf(state.keys, 'previous', 'list')} ${keyOf(state.keys, 'next', 'list')}`, 'key'),
              span(' and press '),
              span(keyOf(state.keys, 'open', 'list'), 'key'),
              span(some ? ' to open it.' : ' to start a session.'),
            ],
            inner,
          ),
          ...wrap(
            [
              span(keyOf(state.keys, 'quit'), 'key'),
              span(' leaves, and sessions go on; '),
              span(keyOf(state.keys, 'sessions'), 'key'),
              span(' lists the live ones, '),
              span(shownKeys, 'key'),
              span(' shows all keys.'),
            ],
            inner,
          ),
        ]
      : wrap(
          [
            span(
              state.link.kind === 'connected'
                ? 'No agent is ready yet. An agent that needs something says so on the left.'
                : 'Waiting for the connection …',
            ),
          ],
          inner,
        )),
  ];
  const top = Math.max(0, Math.floor((height - text.length) / 3));
  const lines: Line[] = [
    ...Array.from({ length: top }, (): Line => []),
    ...text.map((l): Line => [span('   '), ...l]),
  ];
  while (lines.length < height) lines.push([]);
  return lines.slice(0, height).map((l) => fitted(l, width));
}
