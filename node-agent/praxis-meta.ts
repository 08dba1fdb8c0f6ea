/** `_meta.praxis` in frames that pass the node: taken out before the agent sees it, put in where the service reads it. */
import { memberText, removeMember, replaceMember } from '../proto/index.js';

/** The line without `params._meta.praxis`, and without a `_meta` that held nothing else. */
export function withoutPraxisMeta(line: string): string {
  const stripped = removeMember(line, ['params', '_meta', 'praxis']);
  if (stripped === line) return line;
  const rest = memberText(stripped, ['params', '_meta']);
  return rest !== undefined && /^\{\s*\}$/.test(rest)
    ? removeMember(stripped, ['params', '_meta'])
    : stripped;
}

/** The line of a response with `result._meta.praxis` set to `value`; everything else stays byte for byte. */
export function withPraxisMeta(line: string, value: unknown): string {
  const praxis = JSON.stringify(value);
  const bare = removeMember(line, ['result', '_meta', 'praxis']);
  const meta = memberText(bare, ['result', '_meta']);
  if (meta?.startsWith('{'))
    return replaceMember(bare, ['result', '_meta'], addMember(meta, 'praxis', praxis));
  const unset = removeMember(bare, ['result', '_meta']);
  const result = memberText(unset, ['result']) ?? '{}';
  return replaceMember(unset, ['result'], addMember(result, '_meta', `{"praxis":${praxis}}`));
}

/** A JSON object's text with one more member, which it does not have yet. */
export function addMember(object: string, key: string, json: string): string {
  const rest = object.slice(1).trimStart();
  return `{${JSON.stringify(key)}:${json}${rest.startsWith('}') ? '' : ','}${rest}`;
}
