/**
 * One system call for what is said in one turn of the event loop. amqplib writes the bytes of each channel on their own, so a
 * message that is passed on and the acknowledgement of the one that it came from would be two; a write costs more than
 * everything else that a small message costs its sender.
 */
import type { Writable } from 'node:stream';

/** Holds what is written to `stream` until the code that runs now has ended, then hands it over together. */
export function gatherWrites(stream: Writable): void {
  const write = stream.write;
  let held = false;
  const release = () => {
    held = false;
    stream.uncork();
  };
  stream.write = function (this: Writable, ...args: unknown[]) {
    if (!held) {
      held = true;
      stream.cork();
      process.nextTick(release);
    }
    return Reflect.apply(write, stream, args);
  } as typeof stream.write;
}
