/** Who serves: two services with clocks that stand still until a test moves them, over each database. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../proto/index.js';
import { gatedBus, gatedClock, stand, type Term } from '../../service/office/index.js';
import { GIVE_UP_LOOKS, LOOK_MS } from '../../service/office/term.js';
import type { Log } from '../../service/ports.js';
import type { Database, LeaseRow, Member } from '../../service/store/index.js';
import { ManualClock, quiet, settled } from '../support/service-world.js';
import { memberOf, overEachDatabase, type TestDatabase } from '../support/stores.js';
import { waitUntil } from '../support/wait.js';

const never = new Promise<void>(() => {});

overEachDatabase((make) => {
  let made: TestDatabase;
  const opened: Database[] = [];
  beforeEach(async () => {
    made = await make();
  });
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
    await made.remove();
  });

  /** One service that stands for the lease, with a clock of its own. */
  class Candidate {
    readonly clock = new ManualClock();
    readonly said: string[] = [];
    term: Term | undefined;
    bus = true;
    brisk = true;
    /** Its way to the database is there. */
    reaches = true;
    renewals = 0;

    private constructor(
      readonly database: Database,
      readonly me: Member,
    ) {}

    static async make(me = memberOf(newId())): Promise<Candidate> {
      const database = await made.open();
      opened.push(database);
      return new Candidate(database, me);
    }

    stand(stopped: Promise<void> = never): Promise<Term | undefined> {
      const { lease } = this.database;
      const reached = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
        return (...args: Args): Promise<Result> =>
          this.reaches ? call.apply(lease, args) : Promise.reject(new Error('no route'));
      };
      const faulty = {
        read: reached(lease.read),
        take: reached(lease.take),
        renew: async (epoch: number, ready: boolean) => {
          const kept = await reached(lease.renew)(epoch, ready);
          this.renewals++;
          return kept;
        },
        release: reached(lease.release),
        standBy: reached(lease.standBy),
        standbys: reached(lease.standbys),
        forgetStandby: reached(lease.forgetStandby),
      };
      const log: Log = { ...quiet, info: (_about, message) => this.said.push(message) };
      const { me, clock } = this;
      const options = {
        lease: faulty as typeof lease,
        me,
        clock,
        log,
        ready: () => this.bus,
        brisk: () => this.brisk,
        stopped,
      };
      const standing = stand({ ...options, alone: 'shared' });
      return standing.then(async (term) => {
        await term?.begin();
        this.term = term;
        return term;
      });
    }

    /** Lets time pass for this one, a renewal or a look at a time; each has been answered before the next. */
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 250) {
        await this.clock.advance(250);
        // The database answers in its own time.
        await this.database.lease.read();
        await this.database.lease.read();
      }
    }

    /** Lets less time pass than the lease of a silent holder lasts, until this one is active. */
    async follow(): Promise<void> {
      for (let look = 0; look < 8 && !this.term; look++) await this.pass(250);
      expect(this.term).toBeDefined();
    }

    lease(): Promise<LeaseRow> {
      return this.database.lease.read();
    }
  }

  async function two() {
    const [a, b] = [await Candidate.make(), await Candidate.make()];
    await a.stand();
    void b.stand();
    await waitUntil(() => b.said.includes('this service is a standby'));
    return { a, b };
  }

  /** The way out of a core in this term. */
  function gate(term: Term) {
    const sent: string[] = [];
    const bus = gatedBus({ publish: async ({ lines }) => void sent.push(...lines) }, term);
    const publish = (line: string) => bus.publish({ exchange: '', key: '', headers: {}, lines: [line] });
    return { sent, publish };
  }

  it('gives the first the lease, and leaves it with it while it renews it', async () => {
    const { a, b } = await two();
    for (let i = 0; i < 20; i++) {
      await a.pass(500);
      await b.pass(500);
    }
    expect([a.term?.holds(), b.term]).toEqual([true, undefined]);
    expect((await a.lease()).epoch).toBe(a.term?.epoch);
    expect(a.term?.standbys.map(({ id }) => id)).toEqual([b.me.id]);
  });

  it('gives it to the other once the first has stood still for the other’s 3 s, and the first notices before it says a word', async () => {
    const { a, b } = await two();
    await b.pass(2_500);
    expect(b.term).toBeUndefined();
    await b.pass(1_500);
    await waitUntil(() => b.term !== undefined);
    expect(b.term?.holds()).toBe(true);
    // It wakes: no timer of it has run yet.
    a.clock.time += 3_000;
    const { sent, publish } = gate(a.term!);
    const refused = expect(publish('late')).rejects.toThrow('not the active one');
    expect([a.term?.holds(), sent]).toEqual([false, []]);
    await a.pass(500);
    await refused;
    expect(sent).toEqual([]);
    expect(await a.term?.lost).toContain('another service');
  });

  it('lets one that stood still go on, and say in its order what it held back, when nobody has taken over', async () => {
    const { a } = await two();
    a.clock.time += 60_000;
    const { sent, publish } = gate(a.term!);
    const said = [publish('first'), publish('second')];
    await settled();
    expect([a.term?.holds(), sent]).toEqual([false, []]);
    await a.pass(500);
    said.push(publish('third'));
    await Promise.all(said);
    expect([a.term?.holds(), sent]).toEqual([true, ['first', 'second', 'third']]);
  });

  it('takes a commit for a renewal, since it proves as much', async () => {
    const { a } = await two();
    a.reaches = false;
    for (let i = 0; i < 4; i++) {
      await a.pass(2_000);
      a.term?.proved(a.clock.steady());
    }
    expect(a.term?.holds()).toBe(true);
  });

  it('stops the timers of a term that is over', async () => {
    const { a } = await two();
    let calls = 0;
    gatedClock(a.clock, a.term!).schedule(4_000, () => calls++);
    a.reaches = false;
    await a.pass(5_000);
    expect(calls).toBe(0);
  });

  it('tells the first that the other has taken over', async () => {
    const { a, b } = await two();
    await b.pass(4_000);
    await waitUntil(() => b.term !== undefined);
    await a.pass(1_000);
    expect(await a.term?.lost).toContain('another service');
  });

  it('lets the first fall silent by itself, and sooner than the other may begin, when it cannot reach the database; then it gives up', async () => {
    const { a, b } = await two();
    a.reaches = false;
    await a.pass(2_750);
    expect(a.term?.holds()).toBe(false);
    expect(b.term).toBeUndefined();
    await a.pass((GIVE_UP_LOOKS + 1) * LOOK_MS);
    expect(await a.term?.lost).toContain('no route');
  });

  it('follows at once one that gives it back, that has lost the bus, or whose process is dead', async () => {
    const { a, b } = await two();
    await a.term?.available(false);
    await waitUntil(async () => (await a.lease()).ready === 0);
    await b.follow();
    expect((await a.lease()).epoch).toBe(b.term?.epoch);
    await b.term?.resign();
    const c = await Candidate.make({
      ...memberOf(newId()),
      machine: 'here',
      process: { pid: 2, start: 'never' },
    });
    await c.stand();
    const d = await Candidate.make({ ...memberOf(newId()), machine: 'here' });
    await d.stand();
    expect(d.term?.epoch).toBe(c.term!.epoch + 1);
  });

  it('follows one that the broker does not answer only if it answers itself without delay', async () => {
    const { a, b } = await two();
    b.brisk = false;
    a.term?.offer(true);
    await waitUntil(async () => (await a.lease()).ready === 0);
    await b.pass(500);
    expect([a.term?.isOpen(), b.term]).toEqual([true, undefined]);
    b.brisk = true;
    await b.follow();
    await a.pass(1_000);
    expect(a.term?.holds()).toBe(false);
  });

  it('does not follow one that has lost the bus while it has none itself', async () => {
    const { a, b } = await two();
    b.bus = false;
    await a.term?.available(false);
    await waitUntil(async () => (await a.lease()).ready === 0);
    await b.pass(5_000);
    expect(b.term).toBeUndefined();
    await a.pass(500);
    const open = a.term!.available(true);
    expect(a.term?.isOpen()).toBe(false);
    await open;
    expect(a.term?.isOpen()).toBe(true);
  });

  it('has all the time that it needs to read the journal, unless another takes over meanwhile', async () => {
    const [a, b] = [await Candidate.make(), await Candidate.make()];
    const { lease } = a.database;
    const standing = { lease, me: a.me, clock: a.clock, log: quiet, ready: () => true, stopped: never };
    const slow = (await stand({ ...standing, alone: 'shared' }))!;
    a.clock.time += 60_000;
    await slow.begin();
    expect(slow.holds()).toBe(true);
    a.clock.time += 60_000;
    expect(slow.holds()).toBe(false);
    const late = (await stand({ ...standing, alone: 'shared' }))!;
    const taken = b.stand();
    await waitUntil(() => b.said.includes('this service is a standby'));
    await b.pass(4_000);
    await taken;
    await late.begin();
    expect([late.holds(), b.term?.holds()]).toEqual([false, true]);
  });

  it('takes no notice of wall clocks that jump', async () => {
    const { a, b } = await two();
    for (const hour of [3_600_000, -7_200_000]) {
      a.clock.jump(hour);
      b.clock.jump(-hour);
      for (let i = 0; i < 8; i++) {
        await a.pass(500);
        await b.pass(500);
      }
    }
    expect([a.term?.holds(), b.term]).toEqual([true, undefined]);
  });

  it('refuses to share a database without a broker that is shared', async () => {
    const { a, b } = await two();
    const { lease } = b.database;
    const clock = new ManualClock();
    const options = { lease, me: memberOf(newId()), clock, log: quiet, ready: () => true, stopped: never };
    const refused = stand({ ...options, alone: 'broker' });
    refused.catch(() => undefined);
    for (let i = 0; i < 4; i++) {
      await a.pass(500);
      await clock.advance(250);
      await lease.read();
    }
    await expect(refused).rejects.toThrow(/set PRAXIS_BUS_URL/);
  });
});
