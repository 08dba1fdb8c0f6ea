/** The service's memory that survives it. */
export type { Database } from './database.js';
export { Fenced, type Lease, Member } from './lease.js';
export { openDatabase } from './open.js';
export { SqliteDatabase } from './sqlite.js';
export type { LeaseRow } from './tables.js';
export type * from './types.js';
