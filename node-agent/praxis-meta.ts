/** `_meta.praxis` in frames that pass the node: put in where the service reads it. */
import { memberText, setMember } from '../proto/index.js';

/** The line of a response with `result._meta.praxis` set to `value`; everything else stays byte for byte. */
export function withPraxisMeta(line: string, value: unknown): string {
  const praxis = JSON.stringify(value);
  const meta = memberText(line, ['result', '_meta']);
  return meta?.startsWith('{')
    ? setMember(line, ['result', '_meta'], 'praxis', praxis)
    : setMember(line, ['result'], '_meta', `{"praxis":${praxis}}`);
}
