/** The service's memory that survives it. */
export { SqliteStore } from './sqlite.js';
export type * from './types.js';
