/** Claude's interactive program tells a text twice: by a hook while it comes, in its transcript when it is whole. It is said once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

const TEXTS = readFileSync(join(packageRoot, 'connectors/claude-code/texts.lua'), 'utf8');

/** Does what the prompt lists, and ends its turn when `all` bytes were said. */
const SCRIPT = `
local texts = host.library "texts"
local said = texts.new()
local function settled(ready)
  while not ready() do host.sleep(5) end
  return true
end
local function bytes()
  local sum = 0
  for _, message in ipairs(said.said) do sum = sum + message.bytes end
  return sum
end
return {
  detect = function() return { title = "Texts", status = "ready" } end,
  open = function() end,
  prompt = function(session, blocks)
    local told = json.decode(blocks[1].text)
    for _, step in ipairs(told.steps) do
      if step.written then texts.written(session, said, step.id, step.written) else texts.shown(session, said, step, settled) end
      if step.heard then settled(function() return bytes() >= step.heard end) end
    end
    settled(function() return bytes() >= told.all end)
    said = texts.new()
    return "end_turn"
  end,
}`;

const shown = (message_id: string, index: number, delta: string, heard?: number) => ({
  ...{ message_id, index, delta },
  ...(heard && { heard }),
});
const written = (id: string, text: string) => ({ id, written: text });

let lua: LuaConnectors;
let node: TestServer;
beforeAll(() => {
  lua = new LuaConnectors();
});
afterEach(() => node.stop());
afterAll(() => lua.close());

/** The pieces that were said. */
async function said(all: number, ...steps: object[]): Promise<string[]> {
  node = new TestServer([await lua.compile('texts', SCRIPT, { others: { texts: TEXTS } })]);
  const session = await node.open('texts');
  await node.prompt(session, JSON.stringify({ all, steps }));
  expect(lua.errors).toEqual([]);
  return node
    .framesOf(session)
    .map(
      ({ frame }) =>
        (frame as { params?: { update?: { sessionUpdate?: string; content?: { text: string } } } }).params
          ?.update,
    )
    .filter((update) => update?.sessionUpdate === 'agent_message_chunk')
    .map((update) => update!.content!.text);
}

describe('a text that a hook and the transcript tell', () => {
  it('is said while it comes, and its rest when it is whole', async () => {
    expect(
      await said(12, shown('a', 0, 'one\n', 4), shown('a', 1, 'two\n', 8), written('m', 'one\ntwo\nend.')),
    ).toEqual(['one\n', 'two\n', 'end.']);
  });

  it('is said once when the hook is late', async () => {
    expect(await said(8, written('m', 'one\ntwo.'), shown('a', 0, 'one\n'), shown('a', 1, 'two.'))).toEqual([
      'one\ntwo.',
    ]);
  });

  it('is in order when its pieces are not', async () => {
    expect(
      await said(8, shown('a', 1, 'two\n'), shown('a', 0, 'one\n', 8), written('m', 'one\ntwo\n')),
    ).toEqual(['one\ntwo\n']);
  });

  it('waits for the text before it', async () => {
    const pieces = await said(
      10,
      shown('a', 0, 'one\n', 4),
      shown('b', 0, 'next\n'),
      written('m', 'one\n.'),
      written('n', 'next\n'),
    );
    expect(pieces.join('')).toBe('one\n.next\n');
  });

  it('is what the transcript has, where another hook shows something else', async () => {
    expect(await said(9, shown('a', 0, 'ONE\n', 4), written('m', 'one\ntwo.\n'))).toEqual([
      'ONE\n',
      'one\ntwo.\n',
    ]);
  });
});
