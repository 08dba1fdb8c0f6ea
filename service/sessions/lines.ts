/** Frames on their way between a client and a node: only ids and our own `_meta.praxis` change, nothing else. */
import { memberText, type ReopenMeta, replaceMember, setMember, withoutPraxis } from '../../proto/index.js';

/** The frame as the node gets it: under our id, without `_meta.praxis`, which is between the client and the service. */
export function forNode(line: string, id?: string): string {
  return withoutPraxis(id === undefined ? line : setMember(line, [], 'id', JSON.stringify(id)), ['params']);
}

/** The `session/resume` that brings a session back, from its `session/new` as the node got it. */
export function reopenLine(request: string, id: string, praxis: ReopenMeta): string {
  let out = setMember(request, [], 'id', JSON.stringify(id));
  out = replaceMember(out, ['method'], '"session/resume"');
  out = setMember(out, ['params'], 'sessionId', JSON.stringify(praxis.sessionId));
  return replaceMember(out, ['params', '_meta', 'praxis'], JSON.stringify(praxis));
}

/** `session/new` as the node gets it: it says which session this is, and `mcpServers` is always there, as ACP wants. */
export function openLine(line: string, sessionId: string, praxis: Record<string, unknown>): string {
  const meta = JSON.stringify({ ...praxis, sessionId });
  let out = setMember(line, [], 'id', JSON.stringify(sessionId));
  out = memberText(out, ['params', '_meta'])?.startsWith('{')
    ? setMember(out, ['params', '_meta'], 'praxis', meta)
    : setMember(out, ['params'], '_meta', `{"praxis":${meta}}`);
  return (memberText(out, ['params', 'mcpServers']) ?? 'null') === 'null'
    ? setMember(out, ['params'], 'mcpServers', '[]')
    : out;
}
