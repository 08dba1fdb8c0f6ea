/** Nodes and directories that stand behind nothing: what the scripted client shows. */
import type { NodeInfo } from '../../proto/index.js';

export const NODE: NodeInfo = {
  name: 'laptop',
  state: 'live',
  version: '0.1.0',
  os: 'linux',
  connectors: [
    { id: 'demo', title: 'Demo agent', version: '1.0', status: 'ready', hint: null },
    { id: 'codex', title: 'Codex', version: null, status: 'needs_setup', hint: 'Run codex login on laptop.' },
  ],
  roots: ['/home/me'],
  yolo: 'allow',
  home: '/home/me',
  sessions: 0,
  lastSeen: 0,
};

export const LOST_NODE: NodeInfo = {
  ...NODE,
  name: 'build-box',
  state: 'lost',
  lastSeen: Date.now() - 300_000,
  connectors: [{ id: 'claude', title: 'Claude Code', version: '2.1', status: 'ready', hint: null }],
};

const directory = (name: string) => ({ name, kind: 'directory' });
const file = (name: string) => ({ name, kind: 'file' });

/** The directories that `_praxis/files` knows. */
export const FILES: Record<string, object[]> = {
  '': [directory('docs'), directory('src'), file('README.md'), file('package.json')],
  'src/': [directory('app'), file('greeting.ts'), file('greeting.test.ts')],
  '/home/me/': [directory('papers'), directory('src'), file('notes.txt')],
};
