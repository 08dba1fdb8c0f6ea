/** What clients share, as the TUI and the command line see it. */
export * from './sanitize.js';
export { transcriptMarkdown } from './transcript.js';
export type * from './types.js';
export { foldEvents, SessionFold } from './view.js';
export type * from './view-items.js';
