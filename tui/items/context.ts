/** What a renderer of items may know besides its item. */
import type { Line, Style } from '../draw/line.js';

/** How the running turn is, as a mark, and for how long it has run; an empty word where nothing shall tick. */
export interface Progress {
  glyph: string;
  style: Style;
  elapsed: string;
}

export interface ItemContext {
  /** Columns. */
  width: number;
  /** Everything of this item is shown: it failed, or the person asked for it. */
  expanded: boolean;
  /** The name of the login that looks. */
  me: string;
  /** Of an open question: whether its answer keys work now. */
  answering: boolean;
  /** How to make them work; empty where nothing is to be done. */
  answerHint: string;
  /** The key that opens what is folded; empty where there is none. */
  unfold: string;
  /** Changes are shown as old beside new. */
  sideBySide: boolean;
  /** What the agent calls itself. */
  agent: string;
  /** Of the prompt that runs: how far it is. */
  progress: Progress | null;
}

/** One renderer per kind of item. It keeps no state and reads no clock: the same item and context give the same lines. */
export type Renderer<I> = (item: I, context: ItemContext) => Line[];
