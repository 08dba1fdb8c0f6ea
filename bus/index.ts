/** The bus as the other parts see it. */
export { connectBus } from './client/bus.js';
export { type BusUrl, credentialsOf, parseBusUrl, type Role } from './credentials.js';
export { createOutbox } from './outbox.js';
export * from './types.js';
