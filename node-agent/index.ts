/** The node as `praxis node` starts it. */
export { runNode } from './main.js';
