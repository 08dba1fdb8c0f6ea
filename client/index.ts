/** What clients share, as the TUI and the command line see it. */
export * from './sanitize.js';
export type * from './types.js';
