/** This process as the other services see it, and whether another one is known to be dead. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { refOf, runs } from '../../proto/index.js';
import type { Member } from '../store/index.js';

/** One boot of one machine and one namespace of pids in it: only there a pid means the same process. Undefined off Linux. */
function machine(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // No Linux: then a death is noticed by the silence that follows.
    return undefined;
  }
}

/** `client`: the login of the person whose home the process has. */
export function thisMember(id: string, client: string | undefined): Member {
  const here = machine();
  return {
    ...{ id, host: hostname(), process: refOf(process.pid) },
    ...(here !== undefined && { machine: here }),
    ...(client !== undefined && { client }),
  };
}

/** It ran where this process runs, and does not any more. */
export const isDead = (other: Member, me: Member): boolean =>
  other.machine !== undefined && other.machine === me.machine && !runs(other.process);
