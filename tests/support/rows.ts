/** Rows of the store, as tests need them. */
import type { SessionRow } from '../../service/store/index.js';

/** An idle session, but for `more`. */
export const sessionRow = (id: string, more: Partial<SessionRow> = {}): SessionRow => ({
  ...{
    id,
    node: 'box',
    connector: 'demo',
    agent: 'Demo',
    cwd: '/tmp',
    title: null,
    state: 'idle',
    reason: null,
  },
  ...{
    yolo: 0,
    seq: 0,
    epoch: 1,
    nodeBoot: null,
    nodeSeq: 0,
    createdAt: 1,
    updatedAt: 1,
    size: 0,
    settings: '{}',
  },
  ...more,
});
