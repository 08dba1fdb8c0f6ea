/** What a renderer of items may know besides its item. */
import type { Line } from '../draw/line.js';

export interface ItemContext {
  /** Columns. */
  width: number;
  /** The person asked for everything of this item. */
  expanded: boolean;
  /** The name of the login that looks. */
  me: string;
  /** Of an open question: whether its answer keys work now. */
  answering: boolean;
  /** Changes are shown as old beside new. */
  sideBySide: boolean;
}

/** One renderer per kind of item. It keeps no state and reads no clock: the same item and context give the same lines. */
export type Renderer<I> = (item: I, context: ItemContext) => Line[];
