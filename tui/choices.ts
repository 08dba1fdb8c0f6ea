/** What the palette and the history offer: everything by name, and why what cannot act does not. */
import { sanitizeLine } from '../client/index.js';
import type { ConnectorInfo, NodeInfo } from '../proto/index.js';
import { whyNot } from './allowed.js';
import { fuzzyRank } from './fuzzy.js';
import { type Binding, keyName } from './keys.js';
import { currentChat, liveSessions, type Overlay, recallable, type State, sessionName } from './state.js';

/** `id`: the same as long as it is there; `also`: another word that it is found by. */
export type Choice = { id: string; name: string; also?: string; note: string; why: string | null } & (
  | { kind: 'command'; binding: Binding }
  | { kind: 'session'; sessionId: string }
  | { kind: 'agent'; node: NodeInfo; connector: ConnectorInfo }
  | { kind: 'prompt'; text: string }
);

type Pick = Extract<Overlay, { kind: 'pick' }>;

function everything(state: State): Choice[] {
  // As it will be when the palette is gone.
  const under: State = { ...state, overlay: null };
  const commands = state.keys.bindings.flatMap((binding): Choice[] => {
    if (binding.name === undefined) return [];
    const keys = [...binding.keys.slice(0, 1).map(keyName), ...(binding.slash ? [`/${binding.slash}`] : [])];
    const why = whyNot(under, binding.command);
    const id = `${binding.in} ${binding.command}`;
    const also = binding.slash ?? '';
    return [{ kind: 'command', id, name: binding.name, also, note: keys.join('  '), why, binding }];
  });
  const sessions = liveSessions(state).map((s): Choice => {
    const name = `Open ${sanitizeLine(sessionName(s))}`;
    return {
      kind: 'session',
      id: s.sessionId,
      name,
      note: `${s.state} on ${s.node}`,
      why: null,
      sessionId: s.sessionId,
    };
  });
  const agents = state.nodes.flatMap((node) =>
    node.connectors.map((connector): Choice => {
      const name = `Start ${sanitizeLine(connector.title)} on ${node.name}`;
      const why =
        node.state === 'lost'
          ? 'The node is lost.'
          : connector.status === 'ready'
            ? null
            : sanitizeLine(connector.hint ?? 'The agent is not ready.');
      return { kind: 'agent', id: `${node.name} ${connector.id}`, name, note: '', why, node, connector };
    }),
  );
  return [...commands, ...sessions, ...agents];
}

function prompts(state: State): Choice[] {
  const chat = currentChat(state);
  if (!chat) return [];
  return recallable(chat).map((text, i, all) => ({
    kind: 'prompt',
    id: `prompt ${all.length - i}`,
    name: sanitizeLine(text.slice(0, 1_000)),
    note: text.includes('\n') ? `${text.split('\n').length} lines` : '',
    why: null,
    text,
  }));
}

/** The choices that the filter leaves, best first. */
export function choices(state: State, { what, filter }: Pick): Choice[] {
  const all = what === 'palette' ? everything(state) : prompts(state);
  return fuzzyRank(filter.text, all, ({ name, also }) => (also ? `${name} ${also}` : name));
}

/** Where the chosen one is among `shown`: the best one, unless another was gone to; that one at -1 when it is gone. */
export function placeOf(shown: readonly Choice[], { selected }: Pick): number {
  return selected === null ? 0 : shown.findIndex(({ id }) => id === selected);
}
