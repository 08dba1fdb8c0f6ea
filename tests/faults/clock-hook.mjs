/**
 * Loaded into every process of a stage (`NODE_OPTIONS=--import`): on SIGUSR2 the wall clock of the process jumps by the milliseconds
 * that the file PX_CLOCK says, as after a correction of the machine's clock or a sleep. Timers and `performance.now()` are those of the
 * system's monotonic clock, which never jumps, and are left alone.
 */
import { readFileSync } from 'node:fs';

const Real = Date;
let shift = 0;
const now = () => Real.now() + shift;

globalThis.Date = new Proxy(Real, {
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  apply: () => new Real(now()).toString(),
});

process.on('SIGUSR2', () => {
  shift = Number(readFileSync(process.env.PX_CLOCK, 'utf8'));
});
