/** Who of several services is the active one. */
export { stand } from './candidate.js';
export { gatedBus, gatedClock } from './gate.js';
export { thisMember } from './member.js';
export { probe } from './probe.js';
export { Term, YIELD_MS } from './term.js';
