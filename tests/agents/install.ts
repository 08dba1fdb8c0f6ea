/** `npm run agents:install [names | all]`: puts the pinned agents into the cache, each on its own; what is there already stays. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENTS, type AgentId, agentsNamed, installFolder, isInstalled } from './catalog.js';

/** A folder appears under its name only when its installation has succeeded. */
function install(id: AgentId): void {
  const { package: name, version } = AGENTS[id];
  const folder = installFolder(id);
  const draft = `${folder}.${process.pid}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'package.json'), JSON.stringify({ name: 'agent', private: true }));
  const args = ['install', '--save-exact', '--no-audit', '--no-fund', `${name}@${version}`];
  const { status } = spawnSync('npm', args, { cwd: draft, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error(`${name}@${version} could not be installed`);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
}

for (const id of agentsNamed(process.argv.slice(2))) {
  const { package: name, version } = AGENTS[id];
  if (!isInstalled(id)) install(id);
  console.log(`${id}: ${name} ${version} is in ${installFolder(id)}`);
}
