/**
 * `session/list`: the journal's sessions, with the titles that their nodes give to those without one. The nodes are asked at the same time; one
 * that does not answer within NODE_LIST_MS is taken at the journal's word.
 */
import { z } from 'zod';
import {
  ErrorCode,
  ListParams,
  NODE_LIST_MS,
  PraxisError,
  praxisMeta,
  requestLine,
} from '../../proto/index.js';
import type { Clock } from '../ports.js';
import type { Hops } from '../routing/hops.js';
import type { Nodes } from '../routing/nodes.js';
import type { Outcome, Session, Sessions } from '../sessions/session.js';
import type { MethodServer } from './server.js';

/** Sessions on one page. */
export const LIST_PAGE = 1_000;

export interface ListDeps {
  sessions: Pick<Sessions, 'newestFirst' | 'indexAfter'>;
  nodes: Pick<Nodes, 'isLive'>;
  hops: Pick<Hops, 'send' | 'end'>;
  clock: Clock;
  newId: () => string;
}

/** What a node may say of a session; everything else in its answer is not ours to repeat. */
const Listed = z.looseObject({
  sessions: z.array(z.looseObject({ sessionId: z.string(), title: z.string().nullish() })),
});

export class SessionList {
  private readonly asked = new Map<string, (outcome: Outcome) => void>();

  constructor(private readonly deps: ListDeps) {}

  add(server: MethodServer): void {
    server.add('session/list', ListParams, (params) => this.list(params));
  }

  /** A node has answered its part. */
  settled(hopId: string, outcome: Outcome): void {
    this.deps.hops.end(hopId);
    this.asked.get(hopId)?.(outcome);
    this.asked.delete(hopId);
  }

  private async list(params: ListParams): Promise<object> {
    const after = params.cursor ? readCursor(params.cursor) : undefined;
    const wish = praxisMeta(params);
    const all = wish?.all === true;
    const archived = wish?.archived === true;
    const page: Session[] = [];
    let more = false;
    const { sessions } = this.deps;
    const order = sessions.newestFirst();
    for (let i = after ? sessions.indexAfter(after) : 0; i < order.length; i++) {
      const session = order[i]!;
      const { state, cwd } = session.record;
      if (!(archived ? state === 'archived' : isShown(session, all))) continue;
      if (params.cwd && cwd !== params.cwd) continue;
      more = page.length === LIST_PAGE;
      if (more) break;
      page.push(session);
    }
    // Most have a title of their own; only for the others somebody must be asked.
    const untitled = page.filter(({ live, record }) => live && record.title === null);
    const told = await this.ask(new Set(untitled.map(({ record }) => record.node)));
    return {
      sessions: page.map((session) => describe(session, told.get(session.id))),
      ...(more && { nextCursor: writeCursor(page.at(-1)!) }),
    };
  }

  /** The titles that the live ones of these nodes give to sessions of theirs. */
  private async ask(nodes: ReadonlySet<string>): Promise<Map<string, string>> {
    const titles = new Map<string, string>();
    const live = [...nodes].filter((node) => this.deps.nodes.isLive(node));
    await Promise.all(
      live.map(async (node) => {
        const outcome = await this.askNode(node);
        if (!outcome || !('result' in outcome)) return;
        const listed = Listed.safeParse(JSON.parse(outcome.result));
        if (listed.success)
          for (const { sessionId, title } of listed.data.sessions) if (title) titles.set(sessionId, title);
      }),
    );
    return titles;
  }

  private askNode(node: string): Promise<Outcome | undefined> {
    const { hops, clock, newId } = this.deps;
    return new Promise((resolve) => {
      const id = newId();
      const stop = clock.schedule(NODE_LIST_MS, () => {
        this.asked.delete(id);
        hops.end(id);
        resolve(undefined);
      });
      this.asked.set(id, (outcome) => {
        stop();
        resolve(outcome);
      });
      hops.send({ id, node, purpose: 'list', line: requestLine(id, 'session/list', {}) });
    });
  }
}

const isShown = ({ live, record }: Session, all: boolean) => live || (all && record.state === 'ended');

function describe(session: Session, title: string | undefined): object {
  const info = session.info();
  const { sessionId, cwd } = info;
  const updatedAt = new Date(info.updatedAt).toISOString();
  const _meta = { praxis: info };
  const shown = info.title ?? title;
  return shown ? { sessionId, cwd, title: shown, updatedAt, _meta } : { sessionId, cwd, updatedAt, _meta };
}

type Place = { record: { createdAt: number; id: string } };

const writeCursor = ({ record }: Place): string =>
  Buffer.from(JSON.stringify([record.createdAt, record.id])).toString('base64url');

function readCursor(text: string): Place {
  try {
    const [createdAt, id] = z
      .tuple([z.number(), z.string()])
      .parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { record: { createdAt, id } };
  } catch {
    throw new PraxisError(ErrorCode.InvalidParams, 'The cursor is none of ours');
  }
}
