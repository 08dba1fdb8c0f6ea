/** The contract between the parts. Everything else in this folder is reached through here. */
export * from './acp.js';
export * from './addresses.js';
export * from './approval-methods.js';
export * from './config.js';
export * from './errors.js';
export * from './frames.js';
export * from './ids.js';
export * from './limits.js';
export * from './lock.js';
export * from './messages.js';
export * from './policy.js';
export * from './praxis.js';
export * from './processes.js';
export * from './splice.js';
export * from './topology.js';
export * from './turn-methods.js';
export * from './version.js';
