/** The form that starts a session: the directory, how the agent is driven, how long a prompt may run, and whether it may do everything. */
import { type ConnectorInfo, DEFAULT_PROMPT_TIMEOUT_SECS, type NodeInfo } from '../proto/index.js';
import { say, step } from './change.js';
import { type Editor, editorOf } from './editor.js';
import type { Step } from './effects.js';
import { directoriesFor } from './files.js';
import type { Command } from './keys.js';
import type { Overlay, State } from './state.js';

export type StartOverlay = Extract<Overlay, { kind: 'start' }>;
export type StartField = StartOverlay['field'];

const DEFAULT_TIMEOUT = `${DEFAULT_PROMPT_TIMEOUT_SECS / 60} min`;

/** The bounds of `promptTimeoutSecs`. */
const MAX_TIMEOUT_SECS = 86_400;
const UNITS: Record<string, number> = { s: 1, m: 60, min: 60, '': 60, h: 3_600 };

/** Seconds of `90 s`, `15 min`, `15` (minutes) or `2 h`; null: it is none of these, or more than a day. */
export function secondsOf(text: string): number | null {
  const match = /^(\d+)\s*(s|m|min|h|)$/i.exec(text.trim());
  if (!match) return null;
  const seconds = Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
  return seconds >= 1 && seconds <= MAX_TIMEOUT_SECS ? seconds : null;
}

/** The fields of the form, from top to bottom. */
export const fieldsOf = ({ transports }: StartOverlay): StartField[] => [
  'cwd',
  'yolo',
  'timeout',
  ...(transports.length > 1 ? (['transport'] as const) : []),
];

/** The field that is written into; null: keys choose there. */
export const writtenField = (overlay: StartOverlay): Editor | null =>
  overlay.field === 'cwd' || overlay.field === 'timeout' ? overlay[overlay.field] : null;

/** The first of `wishes` that the node's owner allows, else its home, else the first directory that is allowed. */
function proposedDirectory(node: NodeInfo, wishes: readonly (string | undefined)[]): string {
  const isAllowed = (path: string): boolean =>
    node.roots.some((root) => path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`));
  const wish = [...wishes, node.home].find((path) => path !== undefined && isAllowed(path));
  return wish ?? node.roots[0] ?? node.home;
}

/** The form that starts a session: where (this directory on this machine, the one used last elsewhere), and whether it may do everything. */
export function startOverlay(state: State, node: NodeInfo, connector: ConnectorInfo): State {
  const last = [...state.sessions.values()]
    .filter((s) => s.node === node.name)
    .sort((a, b) => b.createdAt - a.createdAt)[0];
  const here = state.here?.node === node.name ? state.here.cwd : undefined;
  const trouble =
    node.state === 'lost'
      ? `The node ${node.name} is lost; it may come back.`
      : connector.status === 'ready'
        ? null
        : (connector.hint ?? `The agent is not ready (${connector.status}).`);
  return {
    ...state,
    overlay: {
      kind: 'start',
      node: node.name,
      connector: connector.id,
      title: connector.title,
      cwd: editorOf(proposedDirectory(node, [here, last?.cwd])),
      timeout: editorOf(DEFAULT_TIMEOUT),
      transports: connector.transports ?? [],
      transport: 0,
      yolo: false,
      yoloAllowed: node.yolo === 'allow',
      field: 'cwd',
      touched: false,
      pick: null,
      starting: false,
      error: trouble,
    },
  };
}

/** The field that is `by` places after `field`, around the ends. */
function fieldAfter(overlay: StartOverlay, by: 1 | -1): StartField {
  const all = fieldsOf(overlay);
  return all[(all.indexOf(overlay.field) + by + all.length) % all.length]!;
}

export function inStart(
  state: State,
  overlay: StartOverlay,
  command: Command,
  key: string,
  now: number,
): Step<State> {
  const { pick } = overlay;
  const onCwd = overlay.field === 'cwd';
  const proposed = directoriesFor(state, overlay);
  const change = (next: Partial<typeof overlay>): Step<State> =>
    step({ ...state, overlay: { ...overlay, ...next } });
  const take = (path: string): Step<State> =>
    change({ cwd: editorOf(path), touched: true, pick: null, error: null });
  switch (command) {
    case 'dismiss':
      return step({ ...state, overlay: null });
    case 'next':
      return onCwd && (pick ?? -1) < proposed.length - 1
        ? change({ pick: (pick ?? -1) + 1 })
        : change({ field: fieldAfter(overlay, 1), pick: null });
    case 'previous':
      return onCwd
        ? change({ pick: pick === null || pick === 0 ? null : pick - 1 })
        : change({ field: fieldAfter(overlay, -1) });
    case 'nextField': {
      // What is half typed is completed; a whole path lets go of the field.
      const completes = onCwd && (pick !== null || overlay.touched) && proposed.length > 0;
      return completes ? take(`${proposed[pick ?? 0]}/`) : change({ field: fieldAfter(overlay, 1) });
    }
    case 'previousField':
      return change({ field: fieldAfter(overlay, -1), pick: null });
    case 'toggle':
      if (key === ' ' && overlay.field === 'transport')
        return change({ transport: (overlay.transport + 1) % overlay.transports.length });
      if (!overlay.yoloAllowed)
        return step(say(state, 'The owner of this node does not allow YOLO.', now, 'warning'));
      return step({ ...state, overlay: { ...overlay, yolo: !overlay.yolo } });
    case 'start': {
      if (overlay.starting) return step(state);
      if (pick !== null && proposed[pick] !== undefined) return take(proposed[pick]);
      const { node, connector, yolo } = overlay;
      const timeoutSecs = secondsOf(overlay.timeout.text);
      if (timeoutSecs === null)
        return change({
          field: 'timeout',
          error: 'The time-out is a time of up to a day: 90 s, 15 min, 2 h.',
        });
      // What is left as it was stays with the node.
      const promptTimeoutSecs = timeoutSecs === DEFAULT_PROMPT_TIMEOUT_SECS ? null : timeoutSecs;
      const transport = overlay.transport === 0 ? null : overlay.transports[overlay.transport]!;
      const cwd = overlay.cwd.text.trim().replace(/(?<=.)\/+$/, '');
      return step(
        { ...state, overlay: { ...overlay, starting: true, error: null } },
        { type: 'start', node, connector, cwd, yolo, promptTimeoutSecs, transport },
      );
    }
    default:
      return step(state);
  }
}
