/** `praxis approvals`: the inbox of open questions over all sessions. An answer is bound to the arguments that were read. */
import { type Client, sanitizeLine } from '../../client/index.js';
import type { OpenApproval } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { type Io, json, say } from '../io.js';
import { onlyMatch } from '../prefix.js';
import { short, table, time } from '../table.js';

interface Json {
  json?: boolean;
}

export function list(io: Io, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const approvals = await open(client);
    if (options.json) json(io, approvals);
    else if (approvals.length === 0) say(io, 'No question is open.');
    else {
      const rows = approvals.map((one) => [
        one.requestId,
        short(one.sessionId),
        `${one.connector}@${one.node}`,
        time(one.at),
        titleOf(one),
      ]);
      for (const line of table(['QUESTION', 'SESSION', 'AGENT', 'ASKED', 'ABOUT'], rows)) say(io, line);
    }
    return 0;
  });
}

export function show(io: Io, id: string, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const one = find(await open(client), id);
    if (options.json) {
      json(io, one);
      return 0;
    }
    const rows = [
      ['question', one.requestId],
      ['about', titleOf(one)],
      ['session', one.title === null ? one.sessionId : `${one.sessionId} ${one.title}`],
      ['agent', `${one.agent} on ${one.node}`],
      ['asked', time(one.at)],
      [
        'waits',
        one.denyAt === null ? 'until it is answered' : `until ${time(one.denyAt)}, then it is rejected`,
      ],
      ['hash', one.hash],
    ];
    for (const line of table(['', ''], rows).slice(1)) say(io, line);
    for (const line of JSON.stringify(one.params, null, 2).split('\n')) say(io, visible(line));
    return 0;
  });
}

export function answer(
  io: Io,
  id: string,
  word: 'allow' | 'reject',
  options: Json & { always?: boolean; hash?: string },
): Promise<number> {
  return withClient(io, async (client) => {
    const one = find(await open(client), id);
    const { requestId, hash } = one;
    const choice = `${word}_${options.always ? 'always' : 'once'}`;
    const params = { requestId, choice, hash: options.hash ?? hash };
    const done = await within(client.call('_praxis/approvals/answer', params));
    if (options.json) json(io, { requestId, ...done });
    else say(io, `${word === 'allow' ? 'Allowed' : 'Rejected'}: ${titleOf(one)}`);
    return 0;
  });
}

const open = async (client: Client): Promise<OpenApproval[]> =>
  (await within(client.call('_praxis/approvals', {}))).approvals;

const find = (approvals: readonly OpenApproval[], prefix: string): OpenApproval =>
  onlyMatch(approvals, ({ requestId }) => requestId, prefix, 'open question');

function titleOf({ params, method }: OpenApproval): string {
  const call = (params.toolCall ?? {}) as { title?: unknown; toolCallId?: unknown };
  return sanitizeLine(String(call.title ?? call.toolCallId ?? method));
}

/** A line of JSON in which every character that a terminal would obey, or not show, is written as an escape. */
const visible = (line: string): string =>
  line.replace(/[^\x20-\x7e]/g, (one) =>
    /\p{L}|\p{N}|\p{P}|\p{S}/u.test(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
