/** What an idle session costs in the service and the node, beside the agent's own process. */
import { residentBytes } from '../../tests/support/processes.js';
import type { PraxisTarget } from '../praxis-target.js';
import { median, mib, times } from '../stats.js';
import type { Row, Session } from '../target.js';

const SESSIONS = 64;

export async function memory(target: PraxisTarget): Promise<Row[]> {
  const { system } = target;
  const parts = [system.service.pid, system.node.pid];
  const ours = () => parts.reduce((sum, pid) => sum + residentBytes(pid), 0);
  // The first sessions grow heaps that the next ones use.
  const sessions: Session[] = [];
  for (let i = 0; i < SESSIONS; i++) sessions.push(await target.open());
  const before = ours();
  for (let i = 0; i < SESSIONS; i++) sessions.push(await target.open());
  const perSession = Math.max(0, ours() - before) / SESSIONS;
  const agents = system.processes().filter(({ pid }) => !parts.includes(pid));
  const agent = median(agents.map(({ pid }) => residentBytes(pid)));
  await Promise.all(sessions.map((session) => session.close()));
  return [
    {
      what: `memory per idle session (service + node, ${SESSIONS} more beside ${SESSIONS})`,
      praxis: mib(perSession),
      limit: `${mib(agent)} (the agent's own process)`,
      ratio: times(perSession / agent),
      target: '—',
    },
  ];
}
