/** What scripts have the node remember: each connector has a memory of its own, and none can fill the node's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_REMEMBERED, MAX_REMEMBERED_CHARACTERS } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';

let lua: LuaConnectors;
beforeAll(() => {
  lua = new LuaConnectors();
});
afterAll(() => lua.close());

/** A connector that runs this and is titled by what it gives. */
async function titled(id: string, body: string): Promise<string> {
  const connector = await lua.compile(
    id,
    `return { detect = function()
      local function title() ${body} end
      return { title = tostring(title()), status = "ready" }
    end }`,
  );
  return (await connector.detect()).title;
}

describe('what a connector has the node remember', () => {
  it('is there in its next VM, and not for another connector', async () => {
    expect(await titled('one', 'host.remember("key", { 1, "two" }) return "done"')).toBe('done');
    expect(await titled('one', 'return json.encode(host.recall("key", 60000))')).toBe('[1,"two"]');
    expect(await titled('other', 'return host.recall("key", 60000)')).toBe('nil');
  });

  it('is refused with the reason when it is too large, and what was there stays', async () => {
    const large = `("x"):rep(${MAX_REMEMBERED_CHARACTERS})`;
    const body = `host.remember("key", "small")
      local ok, problem = pcall(host.remember, "key", ${large})
      return tostring(ok) .. " " .. problem .. " " .. host.recall("key", 60000)`;
    expect(await titled('large', body)).toMatch(
      /^false .*remember: the value of "key" has 65538 characters as JSON; it may have 65536 at most small$/,
    );
  });

  it('is as many values as the limit says: the oldest goes', async () => {
    const body = `for i = 0, ${MAX_REMEMBERED} do host.remember("key " .. i, i) end
      return tostring(host.recall("key 0", 60000)) .. " " .. host.recall("key 1", 60000)`;
    expect(await titled('many', body)).toBe('nil 1');
  });

  it('is what JSON can say', async () => {
    expect(await titled('none', 'return select(2, pcall(host.remember, "key", nil))')).toMatch(
      /remember: value/,
    );
  });
});
