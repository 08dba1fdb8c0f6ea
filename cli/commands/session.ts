/** `praxis session send | list | show | cancel | resume | close`: sessions by their ids. */

import { type Client, isFailedStart, type SessionEvent, whyOf } from '../../client/index.js';
import type { SessionInfo } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { type Io, json, say } from '../io.js';
import { short, table, time } from '../table.js';
import { Questions, type Unattended } from '../turn/questions.js';
import { runTurn, TurnWindow } from '../turn/turn.js';
import { waitsElsewhere } from '../turn/waits.js';
import { printerFor, promptText } from './run.js';

interface Json {
  json?: boolean;
}

/** Of a session that has its policy already. */
const unattended = (client: Client): Unattended => ({
  waits: (sessionId) => waitsElsewhere(client, sessionId),
  how: (sessionId, kind) => {
    const set = `praxis session set ${short(sessionId)}`;
    const auto = kind === null ? '' : `${set} --auto ${kind} for this kind, or `;
    return `${auto}${set} --deny-after 600 to have it wait for praxis approvals`;
  },
  howToWait: (sessionId) => `praxis session set ${short(sessionId)} --deny-after 600`,
});

export async function send(
  io: Io,
  id: string,
  prompt: string | undefined,
  options: Json & { timeout?: number; verbose?: boolean; urgent?: boolean },
): Promise<number> {
  const text = await promptText(io, prompt);
  return withClient(io, async (client) => {
    const { sessionId, seq } = await within(client.findSession(id));
    const printer = printerFor(io, options);
    const questions = new Questions(io, client, printer, unattended(client));
    const show = (event: SessionEvent) => {
      printer.event(event);
      questions.event(event);
    };
    const window = new TurnWindow(show, (line) => printer.remark(line));
    await within(client.attach(sessionId, seq, (event) => window.event(event)));
    const { timeout: timeoutSecs, urgent } = options;
    return runTurn({ io, client, sessionId, text, printer, questions, timeoutSecs, urgent }, window);
  });
}

export function list(io: Io, options: Json & { all?: boolean; archived?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const found = await within(
      client.listSessions({ all: options.all ?? false, archived: options.archived ?? false }),
    );
    const sessions = found.filter((one) => !isFailedStart(one));
    if (options.json) json(io, sessions);
    else if (sessions.length === 0)
      say(io, 'There is no session. Start one with: praxis session start <agent>');
    else {
      const rows = sessions.map((one) => [
        one.sessionId,
        one.state,
        `${one.connector}@${one.node}`,
        time(one.updatedAt),
        one.title ?? '',
      ]);
      for (const line of table(['SESSION', 'STATE', 'AGENT', 'CHANGED', 'TITLE'], rows)) say(io, line);
    }
    return 0;
  });
}

export function show(io: Io, id: string, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const session = await within(client.findSession(id));
    if (options.json) json(io, session);
    else for (const line of table(['', ''], describe(session)).slice(1)) say(io, line);
    return 0;
  });
}

function describe(session: SessionInfo): string[][] {
  const { sessionId, title, state, reason, connector, node, cwd, yolo, queued, createdAt, updatedAt } =
    session;
  return [
    ['session', sessionId],
    ['title', title ?? '-'],
    ['state', reason ? `${state}: ${whyOf(reason)}` : state],
    ['agent', `${session.agent} (${connector})`],
    ...(session.transport ? [['transport', session.transport]] : []),
    ['node', node],
    ['cwd', cwd],
    ['yolo', yolo ? 'yes' : 'no'],
    [
      'waiting prompts',
      queued > 0 && state === 'lost' ? `${queued}, for the session to come back` : `${queued}`,
    ],
    ['started', time(createdAt)],
    ['changed', time(updatedAt)],
  ];
}

export function cancel(io: Io, id: string, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    const { turns } = await within(client.call('_praxis/turn/list', { sessionId }));
    const running = turns.find(({ state }) => state !== 'queued');
    if (running) client.cancel(sessionId, running.turnId);
    await within(client.flushed());
    if (options.json) json(io, { sessionId });
    else
      say(io, running ? `The running prompt of ${short(sessionId)} is being cancelled.` : 'No prompt runs.');
    return 0;
  });
}

const RESUMED = {
  kept: 'The agent was started again and knows what was said.',
  new: 'The agent was started again; it cannot resume and knows nothing of what was said.',
  live: 'The session was not lost.',
} as const;

export function resume(io: Io, id: string, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    const resumed = await within(client.call('_praxis/session/resume', { sessionId }), 60_000);
    if (options.json) json(io, resumed);
    else say(io, RESUMED[resumed.context]);
    return 0;
  });
}

export function close(io: Io, id: string, options: Json): Promise<number> {
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    await within(client.closeSession(sessionId), 60_000);
    if (options.json) json(io, { sessionId });
    else
      say(
        io,
        `${short(sessionId)} is closed; its transcript stays: praxis session attach ${short(sessionId)}`,
      );
    return 0;
  });
}
