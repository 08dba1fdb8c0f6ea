/** What clients share, as the TUI and the command line see it. */
export { abstain } from './abstain.js';
export { ANSWER_KEYS } from './answer-keys.js';
export { type ConnectOptions, connectClient, connectLink } from './connect.js';
export { contentWords, fieldValue, fieldWords, valueProblem, valueWords } from './form-words.js';
export type { Link, LinkListener } from './link.js';
export { isFailedStart } from './lists.js';
export { loginProblem } from './login.js';
export { type Place, placeOf } from './place.js';
export { whyOf } from './reasons.js';
export { unwrap } from './requests.js';
export * from './sanitize.js';
export { SanitizeStream } from './sanitize-stream.js';
export { duration, transcriptMarkdown } from './transcript.js';
export type * from './types.js';
export { foldEvents, SessionFold } from './view.js';
export type * from './view-items.js';
export { toolContent } from './view-read.js';
