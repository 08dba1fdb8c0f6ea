/** Tries a login of this machine at its broker, for who has no other way to know whether it is taken. */
import { connectBus, credentialsOf, type Role } from '../bus/index.js';
import { homeOf } from '../proto/index.js';

/** Resolves with why the broker cannot be used with the login of `role`, at the first try; undefined when it can. */
export async function loginProblem(env: NodeJS.ProcessEnv, role: Role): Promise<string | undefined> {
  const credentials = credentialsOf(role, env, homeOf(env));
  if (!credentials) return `this machine has no login of a ${role}`;
  const topology = { exchanges: [], queues: [], bindings: [] };
  const bus = connectBus({ credentials, topology, name: 'praxis, trying a login' });
  try {
    return await new Promise((resolve) => {
      bus.onState((state) => {
        if (state.kind === 'connected') resolve(undefined);
        else if (state.kind === 'connecting' && state.reason !== undefined) resolve(state.reason);
      });
    });
  } finally {
    await bus.close();
  }
}
