/**
 * The turns of one session, by id. Ended ones stay, so that a repeated prompt is answered and not run; what runs and what waits
 * is found without a look at them, however many there are.
 */
import type { TurnRow } from '../store/index.js';
import { OwnedMap } from './owned-map.js';

export class TurnTable<Owner> {
  readonly byId = new OwnedMap<TurnRow, Owner>();
  /** Those that had not ended when they were looked at last. An ended turn never begins again. */
  private readonly open = new Set<TurnRow>();
  private last = 0;

  has(id: string): boolean {
    return this.byId.has(id);
  }

  get(id: string): TurnRow | undefined {
    return this.byId.get(id);
  }

  set(turn: TurnRow): void {
    this.byId.set(turn.id, turn);
    this.open.add(turn);
    this.last = Math.max(this.last, turn.position);
  }

  clear(): void {
    this.byId.clear();
    this.open.clear();
  }

  /** The turns that have not ended, in the order of their prompts. */
  get unended(): TurnRow[] {
    for (const turn of this.open) if (turn.state === 'ended') this.open.delete(turn);
    return [...this.open];
  }

  /** How many wait for their turn. */
  get waiting(): number {
    let count = 0;
    for (const { state } of this.open) if (state === 'queued') count++;
    return count;
  }

  /** The place behind every turn. */
  get positionAfter(): number {
    return this.last + 1;
  }
}
