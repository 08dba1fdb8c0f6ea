/** The node as `praxis node` starts it. */
export { type ConnectorCheck, checkConnector } from './check-connector.js';
export { runNode } from './main.js';
