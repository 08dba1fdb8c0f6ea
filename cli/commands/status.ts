/** `praxis status`: what the supervisor of this machine runs, and what the service says, whichever is there. */

import type { z } from 'zod';
import { loginProblem, placeOf, sanitizeLine } from '../../client/index.js';
import { type ClientMethods, ErrorCode, homeOf, lockHolder, PraxisError } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { EXIT } from '../exit.js';
import { type Io, json, say } from '../io.js';
import { time } from '../table.js';
import { lastWords, logFile } from '../up/logs.js';
import { liveState, type PartStatus, readState, type UpState } from '../up/state.js';
import { nodeLines } from './nodes.js';

type Service = z.infer<(typeof ClientMethods)['_praxis/status']['result']>;

/** 0 when the service answers and no part was given up, else 69. Of a machine that may not ask it: when the broker takes its node. */
export async function status(io: Io, options: { json?: boolean }): Promise<number> {
  const home = homeOf(io.env);
  const place = placeOf(io.env, home);
  const known = readState(home);
  const supervised = liveState(home) !== undefined;
  const service = place.mute ? await tryNode(io) : await ask(io);
  const well = 'answer' in service || ('taken' in service && lockHolder(home, 'node') !== undefined);
  const broken = Object.values(known?.parts ?? {}).some(({ state }) => state === 'failed');
  if (options.json)
    json(io, {
      running: supervised,
      ...(known && { supervisor: known.supervisor, since: known.since, parts: known.parts }),
      ...('answer' in service && { service: service.answer }),
      ...('error' in service && { error: service.error }),
    });
  else {
    if (known) for (const line of supervisorLines(known, supervised)) say(io, line);
    else say(io, 'Nothing was started with praxis up on this machine.');
    if (place.elsewhere !== undefined) say(io, `belongs to  ${sanitizeLine(place.elsewhere)}`);
    if ('answer' in service) for (const line of serviceLines(service.answer)) say(io, line);
    else if ('taken' in service) say(io, service.taken);
    else {
      say(io, `service     ${sanitizeLine(service.error.message)}`);
      const complaint =
        supervised && known?.parts.service
          ? lastWords(logFile(home, 'service'), known.parts.service.logFrom)
          : undefined;
      if (complaint !== undefined) say(io, `it said     ${sanitizeLine(complaint)}`);
    }
  }
  return well && !broken ? EXIT.ok![0] : EXIT.unavailable![0];
}

async function tryNode({ env }: Io): Promise<{ taken: string } | { error: PraxisError }> {
  const problem = await loginProblem(env, 'node');
  return problem === undefined
    ? {
        taken:
          'broker      takes the login of this node. To ask the service too, enroll this machine as a client',
      }
    : { error: new PraxisError(ErrorCode.Disconnected, `out of reach: ${problem}`) };
}

async function ask(io: Io): Promise<{ answer: Service } | { error: PraxisError }> {
  try {
    const answer = await withClient(io, (client) => within(client.call('_praxis/status', {})));
    return { answer };
  } catch (error) {
    return { error: PraxisError.from(error) };
  }
}

function supervisorLines({ supervisor, since, parts }: UpState, runs: boolean): string[] {
  const who = runs
    ? `supervisor  running (pid ${supervisor.pid}) since ${time(since)}`
    : 'supervisor  ended; start it again with: praxis up';
  return [who, ...Object.entries(parts).map(([name, part]) => partLine(name, part, runs))];
}

function partLine(name: string, part: PartStatus, supervised: boolean): string {
  const pid = supervised && part.state === 'running' && part.process ? ` (pid ${part.process.pid})` : '';
  const again =
    part.restarts > 0 ? `, started again ${part.restarts === 1 ? 'once' : `${part.restarts} times`}` : '';
  const last = part.lastEnd === undefined ? '' : `; last time it ${sanitizeLine(part.lastEnd)}`;
  const state = supervised || part.state === 'failed' ? part.state : 'not supervised';
  return `${`${name} process`.padEnd(16)}${state}${pid}${again}${last}`;
}

const processLine = (what: string, { host, pid }: { host: string; pid: number }): string =>
  `${what.padEnd(12)}${sanitizeLine(host)} (pid ${pid})`;

function serviceLines(service: Service): string[] {
  const {
    version,
    bus,
    store,
    active,
    standby = [],
    startedAt,
    sessions,
    waiting,
    lost = 0,
    nodes,
  } = service;
  const where = store === undefined ? '' : `, journal ${sanitizeLine(store)}`;
  return [
    `service     answers; Praxis ${version}, bus ${sanitizeLine(bus)}${where}, since ${time(startedAt)}`,
    ...(active ? [processLine('active', active)] : []),
    ...standby.map((one) => processLine('standby', one)),
    `sessions    ${sessions} open, ${waiting} waiting for an answer${lost > 0 ? `, and ${lost} lost` : ''}`,
    ...nodeLines(nodes),
  ];
}
