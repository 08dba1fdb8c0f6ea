import { describe, expect, it } from 'vitest';
import { ErrorCode, NODE_GONE_MS, resultLine } from '../../proto/index.js';
import { settled, World } from '../support/service-world.js';

const LISTED = { path: '/home/me', entries: [{ name: 'src', kind: 'directory' }], truncated: false };

describe('the names in a directory of a node', () => {
  it('are asked of the node that is named, outside any session', async () => {
    const world = await World.start();
    const { node, client } = await world.session();
    node.onOther = (frame) => {
      if (frame.kind === 'request') void node.event({}, resultLine(frame.id, LISTED));
    };
    expect(await client.call('_praxis/files', { node: 'box', path: '/home/me' })).toEqual(LISTED);
    expect(node.requests('_praxis/files')[0]?.params).toEqual({ node: 'box', path: '/home/me' });
  });

  it('are refused for a node that is not there, for bad params, and when the node goes away', async () => {
    const world = await World.start();
    const { client } = await world.session();
    const ask = (params: object) => client.call<{ error: { code: number } }>('_praxis/files', params);
    expect((await ask({ node: 'nowhere', path: '/' })).error.code).toBe(ErrorCode.NodeUnavailable);
    expect((await ask({ path: '/' })).error.code).toBe(ErrorCode.InvalidParams);
    await client.ask('_praxis/files', { node: 'box', path: '/' }, 77);
    await world.clock.advance(NODE_GONE_MS + 1_000);
    await settled();
    expect(client.answersTo(77)[0]?.error?.code).toBe(ErrorCode.NodeLost);
  });
});
