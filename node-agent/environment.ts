/** The environment of an agent: the node's own, without what belongs to Praxis, with what the owner adds. */
import { isOwnVariable } from '../proto/index.js';
import { FAMILY_MARK } from './family.js';

export function agentEnvironment(
  own: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string>>,
  mark: string,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...own, ...added }))
    if (value !== undefined && !isOwnVariable(name)) environment[name] = value;
  environment[FAMILY_MARK] = mark;
  return environment;
}
