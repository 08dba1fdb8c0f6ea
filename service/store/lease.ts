/**
 * The lease of a partition, as a row: the one service that holds its epoch may write, and every commit proves in its own
 * transaction that it does. Times are nobody's wall clock: whoever wants the lease watches `beat` and `batch` stand still for
 * a while of its own (service/office).
 */
import { sql } from 'kysely';
import { z } from 'zod';
import { ProcessRef } from '../../proto/index.js';
import type { Db, LeaseRow } from './tables.js';

/** A service process, as the others see it. */
export const Member = z.object({
  id: z.string(),
  host: z.string(),
  process: ProcessRef,
  /** Where `process` has its meaning: one boot of one machine, and one namespace of pids in it. Absent where that cannot be told. */
  machine: z.string().optional(),
  /** The client login of its home: whoever works there may enroll machines. */
  client: z.string().optional(),
});
export type Member = z.infer<typeof Member>;

/** The one partition, until a service can own several. */
export const PARTITION = 0;

/** Another service serves now: nothing that this one has not committed will ever be. */
export class Fenced extends Error {
  constructor(detail = 'another service has taken over') {
    super(detail);
    this.name = 'Fenced';
  }
}

export class Lease {
  constructor(private readonly db: Db) {}

  async read(): Promise<LeaseRow> {
    return this.db
      .selectFrom('leases')
      .selectAll()
      .where('partition', '=', PARTITION)
      .executeTakeFirstOrThrow();
  }

  /** Takes the lease if it still is what `seen` says; the new epoch, or undefined when somebody was faster or it has moved. */
  async take(seen: LeaseRow, member: Member): Promise<number | undefined> {
    const epoch = seen.epoch + 1;
    const { numUpdatedRows } = await this.db
      .updateTable('leases')
      .set({ epoch, beat: 0, batch: 0, ready: 1, holder: JSON.stringify(member) })
      .where('partition', '=', PARTITION)
      .where('epoch', '=', seen.epoch)
      .where('beat', '=', seen.beat)
      .where('batch', '=', seen.batch)
      .executeTakeFirst();
    return numUpdatedRows === 1n ? epoch : undefined;
  }

  /** Shows that the holder of `epoch` lives. False: it does not hold the lease any more. */
  async renew(epoch: number, ready: boolean): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('leases')
      .set({ beat: sql`beat + 1`, ready: ready ? 1 : 0 })
      .where('partition', '=', PARTITION)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** Gives the lease back: whoever stands by need not wait. */
  async release(epoch: number): Promise<void> {
    await this.db
      .updateTable('leases')
      .set({ holder: '' })
      .where('partition', '=', PARTITION)
      .where('epoch', '=', epoch)
      .execute();
  }

  /** Shows that `member` stands by. */
  async standBy(member: Member, beat: number): Promise<void> {
    const row = { member: JSON.stringify(member), beat };
    await this.db
      .insertInto('standbys')
      .values(row)
      .onConflict((conflict) => conflict.column('member').doUpdateSet({ beat }))
      .execute();
  }

  async standbys(): Promise<{ member: string; beat: number }[]> {
    return this.db.selectFrom('standbys').selectAll().execute();
  }

  async forgetStandby(member: string): Promise<void> {
    await this.db.deleteFrom('standbys').where('member', '=', member).execute();
  }
}
