/** `praxis session rename | set | archive | restore | delete | prune`. */
import { sanitizeLine } from '../../client/index.js';
import { invalidParams, type ToolKind } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { UsageError } from '../exit.js';
import { type Io, json, say } from '../io.js';
import { short, table, time } from '../table.js';
import { policyOf } from './run.js';

interface Json {
  json?: boolean;
}

type Method =
  | '_praxis/session/rename'
  | '_praxis/session/configure'
  | '_praxis/session/archive'
  | '_praxis/session/restore';

/** Calls a method about the one session whose id begins with `id`, and says what became of it. */
function change(
  io: Io,
  id: string,
  method: Method,
  more: object,
  done: (short: string) => string,
  options: Json,
): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    await within(client.call(method, { sessionId, ...more }));
    if (options.json) json(io, { sessionId });
    else say(io, done(short(sessionId)));
    return 0;
  });
}

export const rename = (io: Io, id: string, title: string | undefined, options: Json): Promise<number> =>
  change(
    io,
    id,
    '_praxis/session/rename',
    { title: title ?? null },
    (one) =>
      title === undefined ? `The agent names ${one} again.` : `${one} is now: ${sanitizeLine(title)}`,
    options,
  );

export const archive = (io: Io, id: string, options: Json): Promise<number> =>
  change(
    io,
    id,
    '_praxis/session/archive',
    {},
    (one) => `${one} is archived; praxis session restore ${one} brings it back.`,
    options,
  );

export const restore = (io: Io, id: string, options: Json): Promise<number> =>
  change(io, id, '_praxis/session/restore', {}, (one) => `${one} is in the lists again.`, options);

export async function set(
  io: Io,
  id: string,
  options: Json & { auto?: ToolKind[]; denyAfter?: number; idleTimeout?: number; reset?: boolean },
): Promise<number> {
  const { idleTimeout: idleTimeoutSecs } = options;
  const wish = {
    ...(options.reset && { approvals: null, idleTimeoutSecs: null }),
    ...policyOf(options),
    ...(idleTimeoutSecs !== undefined && { idleTimeoutSecs }),
  };
  if (Object.keys(wish).length === 0) throw new UsageError('Nothing to set: name an option');
  return change(
    io,
    id,
    '_praxis/session/configure',
    wish,
    (one) => `${one} goes by that from now on.`,
    options,
  );
}

export function remove(io: Io, id: string, options: Json & { force?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId, state } = await within(client.findSession(id));
    if (state !== 'ended' && state !== 'archived' && !options.force)
      throw invalidParams(`The session is ${state}; close it first, or use --force`);
    await within(client.request('session/delete', { sessionId }), 60_000);
    if (options.json) json(io, { sessionId });
    else say(io, `${short(sessionId)} and its transcript are removed.`);
    return 0;
  });
}

export function prune(io: Io, options: Json & { olderThan: number; dryRun?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const params = { olderThanSecs: options.olderThan, dryRun: options.dryRun ?? false };
    const call = () => within(client.call('_praxis/session/prune', params), 60_000);
    let page = await call();
    const found = [...page.sessions];
    while (page.more) {
      page = await call();
      found.push(...page.sessions);
    }
    if (options.json) {
      json(io, { dryRun: params.dryRun, sessions: found });
      return 0;
    }
    const rows = found.map((one) => [one.sessionId, time(one.updatedAt), String(one.size), one.title ?? '']);
    for (const line of table(['SESSION', 'CHANGED', 'SIZE', 'TITLE'], rows)) say(io, line);
    say(io, `${found.length} ${options.dryRun ? 'would be removed' : 'removed'}`);
    return 0;
  });
}
