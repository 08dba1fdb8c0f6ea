/** `_meta.praxis` in frames that pass the node: taken out before the agent sees it, put in where the service reads it. */
import { memberText, removeMember, setMember } from '../proto/index.js';

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
  const meta = memberText(line, ['result', '_meta']);
  return meta?.startsWith('{')
    ? setMember(line, ['result', '_meta'], 'praxis', praxis)
    : setMember(line, ['result'], '_meta', `{"praxis":${praxis}}`);
}
