/** The schema, as steps that are only ever added to. Each runs once, in order, in a transaction. */
import { type Kysely, type Migration, sql } from 'kysely';

const first: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('node', 'text', (c) => c.notNull())
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('agent', 'text', (c) => c.notNull())
      .addColumn('cwd', 'text', (c) => c.notNull())
      .addColumn('title', 'text')
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('yolo', 'integer', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('epoch', 'bigint', (c) => c.notNull())
      .addColumn('nodeBoot', 'text')
      .addColumn('nodeSeq', 'bigint', (c) => c.notNull())
      .addColumn('createdAt', 'bigint', (c) => c.notNull())
      .addColumn('updatedAt', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('openings')
      .addColumn('session', 'text', (c) => c.primaryKey())
      .addColumn('line', 'text')
      .addColumn('result', 'text')
      .addColumn('error', 'text')
      .addColumn('agentInfo', 'text')
      .addColumn('agentCapabilities', 'text')
      .execute();
    await db.schema
      .createTable('turns')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('session', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('position', 'bigint', (c) => c.notNull())
      .addColumn('line', 'text')
      .addColumn('result', 'text')
      .addColumn('error', 'text')
      .addColumn('by', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('turns_session').on('turns').columns(['session', 'position']).execute();
    await db.schema
      .createTable('requests')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('session', 'text', (c) => c.notNull())
      .addColumn('agentId', 'text', (c) => c.notNull())
      .addColumn('epoch', 'bigint', (c) => c.notNull())
      .addColumn('method', 'text', (c) => c.notNull())
      .addColumn('frame', 'text', (c) => c.notNull())
      .addColumn('answer', 'text')
      .execute();
    await db.schema.createIndex('requests_session').on('requests').column('session').execute();
    await db.schema
      .createTable('events')
      .addColumn('session', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('epoch', 'bigint', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('frame', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('events_key', ['session', 'seq'])
      .execute();
    await db.schema
      .createTable('nodes')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('boot', 'text', (c) => c.notNull())
      .addColumn('info', 'text', (c) => c.notNull())
      .execute();
  },
};

/** What brings a lost session back. */
const resume: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('openings').addColumn('request', 'text').execute();
    await db.schema.alterTable('openings').addColumn('agentSessionId', 'text').execute();
  },
};

/** Settings and size of a session, and when a question was asked. */
const settings: Migration = {
  async up(db: Kysely<unknown>) {
    const count = (name: string) => (table: string) =>
      db.schema
        .alterTable(table)
        .addColumn(name, 'bigint', (c) => c.notNull().defaultTo(0))
        .execute();
    await count('size')('sessions');
    await count('at')('requests');
    await db.schema
      .alterTable('sessions')
      .addColumn('settings', 'text', (c) => c.notNull().defaultTo('{}'))
      .execute();
    await sql`update sessions set size =
      (select coalesce(sum(length(frame)), 0) from events where events.session = sessions.id)`.execute(db);
  },
};

/** Who serves, and who stands by. */
const leases: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('leases')
      .addColumn('partition', 'integer', (c) => c.primaryKey())
      .addColumn('epoch', 'bigint', (c) => c.notNull())
      .addColumn('beat', 'bigint', (c) => c.notNull())
      .addColumn('batch', 'bigint', (c) => c.notNull())
      .addColumn('ready', 'integer', (c) => c.notNull())
      .addColumn('holder', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('standbys')
      .addColumn('member', 'text', (c) => c.primaryKey())
      .addColumn('beat', 'bigint', (c) => c.notNull())
      .execute();
    await sql`insert into leases values (0, 0, 0, 0, 1, '')`.execute(db);
  },
};

/** What an open question is about. */
const asked: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('requests').addColumn('call', 'text').execute();
  },
};

/** Who cannot answer a question. */
const abstained: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('requests')
      .addColumn('abstained', 'text', (c) => c.notNull().defaultTo('[]'))
      .execute();
  },
};

/**
 * Prompts that wait for their agent to be brought back were kept as running until now, which would be sent to an agent that is gone.
 * What was cancelled meanwhile is over.
 */
const held: Migration = {
  async up(db: Kysely<unknown>) {
    const away = sql`session in (
      select s.id from sessions s join openings o on o.session = s.id
      where s.state not in ('ended', 'archived')
        and (o.line is not null or (s.state = 'lost' and s.reason <> 'node_silent')))`;
    await sql`update turns set state = 'queued' where state = 'running' and ${away}`.execute(db);
    await sql`update turns set state = 'ended', line = null, result = '{"stopReason":"cancelled"}'
      where state = 'cancelling' and ${away}`.execute(db);
  },
};

export const migrations: Record<string, Migration> = {
  '001-first': first,
  '002-resume': resume,
  '003-settings': settings,
  '004-leases': leases,
  '005-asked': asked,
  '006-abstained': abstained,
  '007-held': held,
};
