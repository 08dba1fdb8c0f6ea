/** What only a database over a network can do to a commit: lose its answer, be away, come back. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { homeOf, newId } from '../../proto/index.js';
import { stand } from '../../service/office/index.js';
import { systemClock } from '../../service/ports.js';
import { type Batch, type Database, Fenced, openDatabase, type Store } from '../../service/store/index.js';
import { ask, Postgres, postgresInstalled } from '../support/postgres.js';
import { quiet } from '../support/service-world.js';
import { lead, memberOf } from '../support/stores.js';

const event = (session: string, seq: number, frame = '{}') => ({ session, seq, epoch: 1, at: 1, frame });

const batch = (...events: Batch['events']): Batch => ({
  ...{ sessions: [], openings: [], turns: [], requests: [], events, nodes: [] },
  ...{ doneRequests: [], removedSessions: [], removedNodes: [] },
});

const never = new Promise<void>(() => {});

/** `deliver`: the database gets it, its answer is lost. `swallow`: the database never gets it. `hold`: nor does it hear that nobody is there any more. */
type Fate = 'deliver' | 'swallow' | 'hold';

/** Between a service and its database: when the service says COMMIT, `onCommit` decides. */
class Meddler {
  /** Of the COMMITs that come next, in order. Those after them pass. */
  onCommit: Fate[] = [];
  /** Resolves when a COMMIT is held. */
  readonly held: Promise<void>;
  private readonly tellHeld: () => void;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    private readonly port: number,
  ) {
    let tell = (): void => undefined;
    this.held = new Promise((resolve) => {
      tell = resolve;
    });
    this.tellHeld = tell;
    server.on('connection', (near) => this.join(near));
  }

  static async start(port: number): Promise<Meddler> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Meddler(server, port);
  }

  url(of: string): string {
    const url = new URL(of);
    url.port = String((this.server.address() as { port: number }).port);
    return url.href;
  }

  private join(near: Socket): void {
    const far = connect(this.port, '127.0.0.1');
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    far.on('data', (bytes) => near.write(bytes));
    near.on('data', (bytes) => {
      // A Query: https://www.postgresql.org/docs/current/protocol-message-formats.html
      if (!/^Q.{4}commit/is.test(bytes.toString('latin1'))) {
        far.write(bytes);
        return;
      }
      const what = this.onCommit.shift();
      if (what === undefined) far.write(bytes);
      else if (what === 'swallow') near.destroy();
      else if (what === 'hold') this.tellHeld();
      else {
        far.removeAllListeners('data');
        // It has answered, so it has done it.
        far.once('data', () => near.destroy());
        far.write(bytes);
      }
    });
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe.skipIf(!postgresInstalled())('a commit in Postgres', () => {
  let postgres: Postgres;
  let meddler: Meddler;
  let url: string;
  let database: Database;
  let store: Store;
  beforeAll(async () => {
    postgres = await Postgres.start();
    meddler = await Meddler.start(Number(new URL(postgres.url).port));
  }, 120_000);
  afterAll(async () => {
    meddler?.stop();
    await postgres?.stop();
  });
  beforeEach(async () => {
    url = meddler.url(await postgres.database());
    database = await open(url);
    store = await lead(database);
    return () => database.close();
  });

  const open = async (at: string) =>
    (await openDatabase({ PRAXIS_DATABASE_URL: at }, homeOf({ PRAXIS_HOME: '/nowhere' }), {
      waiting: () => {},
      stopped: never,
    }))!;
  const frames = async (id: string) => (await store.events(id, 0, 100)).map(({ frame }) => frame);

  it('whose answer is lost, but which was done, is done', async () => {
    const id = newId();
    await store.commit(batch(event(id, 1, '"a"')));
    meddler.onCommit = ['deliver'];
    await store.commit(batch(event(id, 2, '"b"')));
    await store.commit(batch(event(id, 3, '"c"')));
    expect(await frames(id)).toEqual(['"a"', '"b"', '"c"']);
  });

  it('that the database never got fails, and the next one goes on where the last one was', async () => {
    const id = newId();
    await store.commit(batch(event(id, 1, '"a"')));
    meddler.onCommit = ['swallow'];
    await expect(store.commit(batch(event(id, 2, '"b"')))).rejects.toThrow();
    expect(await frames(id)).toEqual(['"a"']);
    await store.commit(batch(event(id, 2, '"again"')));
    expect(await frames(id)).toEqual(['"a"', '"again"']);
  });

  it.each<{ asking: Fate[] }>([{ asking: ['deliver'] }, { asking: ['swallow', 'deliver'] }])(
    'that the database never got fails, whatever is lost of the asking: $asking',
    async ({ asking }) => {
      const id = newId();
      await store.commit(batch(event(id, 1, '"a"')));
      meddler.onCommit = ['swallow', ...asking];
      await expect(store.commit(batch(event(id, 2, '"b"')))).rejects.toThrow();
      expect(await frames(id)).toEqual(['"a"']);
      meddler.onCommit = ['deliver'];
      await store.commit(batch(event(id, 2, '"again"')));
      await store.commit(batch(event(id, 3, '"c"')));
      expect(await frames(id)).toEqual(['"a"', '"again"', '"c"']);
    },
  );

  it('whose answer is lost, but which was done, is done also when the database refuses to be asked at first', async () => {
    const id = newId();
    const direct = new URL(url);
    direct.port = new URL(postgres.url).port;
    await store.commit(batch(event(id, 1, '"a"')));
    // The first update of the lease is that of the commit, the second asks. A sequence counts on when a transaction fails.
    await ask(
      direct.href,
      `create sequence updates;
       create function refuse() returns trigger language plpgsql as
         'begin if nextval(''updates'') = 2 then raise exception ''not now''; end if; return null; end';
       create trigger refuse before update on leases for each statement execute function refuse()`,
    );
    meddler.onCommit = ['deliver'];
    await store.commit(batch(event(id, 2, '"b"')));
    await store.commit(batch(event(id, 3, '"c"')));
    expect(await frames(id)).toEqual(['"a"', '"b"', '"c"']);
  });

  it('waits for a database that was killed, and is done once when it is back', async () => {
    const id = newId();
    await store.commit(batch(event(id, 1, '"a"')));
    meddler.onCommit = ['deliver'];
    const late = store.commit(batch(event(id, 2, '"b"'))).then(
      () => ['"a"', '"b"'],
      () => ['"a"'],
    );
    await postgres.kill();
    await postgres.boot();
    const outcome = await late;
    expect(await frames(id)).toEqual(outcome);
    await store.commit(batch(event(id, outcome.length + 1, '"c"')));
    expect(await frames(id)).toEqual([...outcome, '"c"']);
  });

  it('is on the disk when it has returned, whatever the database says by default', async () => {
    const direct = new URL(url);
    direct.port = new URL(postgres.url).port;
    await ask(direct.href, `alter database "${direct.pathname.slice(1)}" set synchronous_commit = off`);
    // A trigger sees the setting of the transaction that it runs in.
    await ask(
      direct.href,
      `create table seen (setting text);
       create function note() returns trigger language plpgsql as
         'begin insert into seen values (current_setting(''synchronous_commit'')); return new; end';
       create trigger note before insert on events for each row execute function note()`,
    );
    const other = await open(url);
    await (await lead(other)).commit(batch(event(newId(), 1)));
    await other.close();
    expect(await ask(direct.href, 'select setting from seen')).toEqual([{ setting: 'on' }]);
  });

  it('of a service that stops in the middle of it does not keep the lease from another', async () => {
    meddler.onCommit = ['hold'];
    const id = newId();
    const stuck = store.commit(batch(event(id, 1)));
    stuck.catch(() => undefined);
    await meddler.held;
    const other = await open(url);
    const { lease } = other;
    const standing = { lease, me: memberOf('other'), clock: systemClock, log: quiet, ready: () => true };
    const term = (await stand({ ...standing, alone: 'shared', stopped: never }))!;
    await other.store(term.epoch).commit(batch(event(newId(), 1)));
    await term.resign();
    await other.close();
    await expect(stuck).rejects.toThrow();
    await expect(store.commit(batch(event(id, 1)))).rejects.toThrow(Fenced);
    expect(await frames(id)).toEqual([]);
  });
});

describe.skipIf(!postgresInstalled())('the address of a database', () => {
  it.each([
    ['postgres://me:s3cret@127.0.0.1:1/', /is not postgres:/],
    ['mysql://me:s3cret@127.0.0.1/x', /is not postgres:/],
    ['postgres://me:s3cret@[::1/x', /is not postgres:/],
    ['s3cret', /is not postgres:/],
  ])('%s is refused without repeating it', async (url, problem) => {
    const opened = openDatabase({ PRAXIS_DATABASE_URL: url }, homeOf({}), {
      waiting: () => {},
      stopped: never,
    });
    const error = await opened.catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(problem);
    expect(String(error)).not.toContain('s3cret');
  });
});
