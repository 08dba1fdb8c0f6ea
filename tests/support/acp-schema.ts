/**
 * Checks the frames of one ACP connection against the ACP v1 schema, each against the definition of its own method.
 * The root of the schema accepts nearly anything (as an extension), so the definition is picked by its `x-method`, and a
 * response is checked as the answer to the request that it answers.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export type Side = 'client' | 'agent';
type Kind = 'Request' | 'Response' | 'Notification';

interface Definition {
  'x-method'?: string;
  'x-side'?: string;
}

const path = createRequire(import.meta.url).resolve('@agentclientprotocol/sdk/schema/v1/schema.json');
const schema: { $defs: Record<string, Definition> } = JSON.parse(readFileSync(path, 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(schema, 'acp');

const definitions = new Map<string, string>();
for (const [name, { 'x-method': method, 'x-side': side }] of Object.entries(schema.$defs)) {
  const kind = /(Request|Response|Notification)$/.exec(name)?.[1];
  if (method && kind) definitions.set(`${side === 'protocol' ? 'any' : side} ${kind} ${method}`, name);
}

const definition = (name: string): ValidateFunction => ajv.getSchema(`acp#/$defs/${name}`)!;

/** The check of one method's params or result, where `receiver` is the side that handles the method. */
function checkOf(receiver: Side, kind: Kind, method: string): ValidateFunction | undefined {
  const name = definitions.get(`${receiver} ${kind} ${method}`) ?? definitions.get(`any ${kind} ${method}`);
  return name === undefined ? undefined : definition(name);
}

const other = (side: Side): Side => (side === 'client' ? 'agent' : 'client');
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One connection: give it every frame in order; `problems` stays empty while all of them keep to the schema. */
export class SchemaCheck {
  readonly problems: string[] = [];
  /** Frames that were checked against a definition of their method. */
  checked = 0;
  readonly #asked = new Map<string, string>();

  add(from: Side, line: string): void {
    const frame: unknown = JSON.parse(line);
    const say = (problem: string) => this.problems.push(`${from}: ${problem}\n  ${line.slice(0, 400)}`);
    if (!isObject(frame) || frame.jsonrpc !== '2.0') {
      say('is no JSON-RPC 2.0 object');
      return;
    }
    const { id, method } = frame;
    const run = (receiver: Side, kind: Kind, name: string, value: unknown) => {
      const check = checkOf(receiver, kind, name);
      if (!check) {
        if (!name.startsWith('_')) say(`${name} is no ${kind} of ACP v1 that the ${receiver} handles`);
        return;
      }
      this.checked++;
      if (!check(value)) say(`${name} ${kind}: ${ajv.errorsText(check.errors)}`);
    };
    if (typeof method === 'string') {
      if (id !== undefined) this.#asked.set(`${from} ${JSON.stringify(id)}`, method);
      run(other(from), id === undefined ? 'Notification' : 'Request', method, frame.params ?? {});
      return;
    }
    if ('result' in frame === 'error' in frame) say('a response has either a result or an error');
    const key = `${other(from)} ${JSON.stringify(id)}`;
    const asked = this.#asked.get(key);
    if (asked === undefined) {
      if (id !== null) say(`answers ${JSON.stringify(id)}, which is not open`);
    } else this.#asked.delete(key);
    if ('error' in frame) {
      this.checked++;
      const check = definition('Error');
      if (!check(frame.error)) say(`error: ${ajv.errorsText(check.errors)}`);
    } else if (asked !== undefined) run(from, 'Response', asked, frame.result);
  }
}
