/** Sessions that a connector's script drives: they behave as sessions with an ACP agent do. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ErrorCode, LUA_STREAMS, packageRoot, resultLine } from '../../proto/index.js';
import { SchemaCheck } from '../support/acp-schema.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';
import { isRunning } from '../support/processes.js';

const PROGRAM = join(packageRoot, 'tests/support/scripted-program.mjs');

/** Passes prompts to the program as they are, and does with each of its lines what the line says. */
const SCRIPT = `
local agent, pid, turns
local function act(session, line)
  local word = json.decode(line)
  if word.pid then pid:set(word.pid)
  elseif word.text then session:message(word.text)
  elseif word.thought then session:thought(word.thought)
  elseif word.tool then session:tool_call { toolCallId = word.tool, title = "ls -l", kind = "execute", rawInput = { command = "ls" } }
  elseif word.tool_done then session:tool_update { toolCallId = word.tool_done, status = "completed", content = { "a.txt" } }
  elseif word.edit then
    session:tool_call { toolCallId = word.edit, title = "Edit", kind = "edit",
      content = { { type = "diff", path = "/a", oldText = "x", newText = "y" } }, locations = { { path = "/a", line = 3 } } }
    session:tool_update { toolCallId = word.edit, status = "completed" }
  elseif word.ask then
    host.task(function()
      local answer = session:request_permission {
        toolCall = { toolCallId = word.ask, title = "rm x" },
        options = { { optionId = "yes", name = "Yes", kind = "allow_once" }, { optionId = "no", name = "No", kind = "reject_once" } },
      }
      session:message("answer " .. tostring(answer))
      if answer then session:done("end_turn") end
    end)
  elseif word.withdraw then session:withdraw(word.withdraw)
  elseif word.plan then session:plan { { content = "look", status = "in_progress" } }
  elseif word.usage then session:usage { used = 10, size = 100, cost = { amount = 0.5, currency = "USD" } }
  elseif word.commands then session:commands { { name = "compact", description = "Makes room", input = { hint = "what to keep" } } }
  elseif word.mode then session:mode(word.mode)
  elseif word.title then session:title(word.title)
  elseif word.loop then while true do end
  elseif word.wrong then session:tool_call { toolCallId = "w", titel = "x" }
  elseif word.fail then session:fail { code = -32000, message = "log in" }
  elseif word.done then session:done(word.done) end
end
local function listen(session) agent:on_line(function(line) act(session, line) end) end
return {
  capabilities = { image = true },
  open = function(session, context)
    pid = host.future()
    agent = host.process { command = { context.node, "${PROGRAM}" }, agent = true }
    listen(session)
    pid:wait(10000)
    session:save({ opened = true })
    return { id = "agent-" .. pid.value, modes = { currentModeId = "ask", availableModes = { { id = "ask", name = "Ask" }, { id = "go", name = "Go" } } } }
  end,
  restored = function(session, context, running)
    assert(session.saved.opened)
    agent = host.attach(running[1].kind, running[1].handle)
    listen(session)
  end,
  prompt = function(session, blocks) agent:write(blocks[1].text) end,
  cancel = function(session) session:done("cancelled") end,
  set_mode = function(session, mode) session:message("mode " .. mode) end,
}`;

let lua: LuaConnectors;
let node: TestServer;
beforeAll(() => {
  lua = new LuaConnectors();
});
afterAll(() => lua.close());
beforeEach(() => {
  lua.errors.length = 0;
});
afterEach(() => node.stop());

async function open(script = SCRIPT, praxis = {}): Promise<string> {
  node = new TestServer([await lua.compile('test', script)]);
  return node.open('test', praxis);
}

const deaf = SCRIPT.replace(
  'cancel = function(session) session:done("cancelled") end',
  'cancel = function() end',
);
const say = (...words: object[]) => JSON.stringify({ say: words });
const kinds = (id: string) =>
  node.framesOf(id).flatMap(({ frame }) => {
    if (frame.kind === 'response') return ['answer'];
    const update = frame.params.update as { sessionUpdate: string } | undefined;
    return [update?.sessionUpdate ?? frame.method];
  });
describe('a session that a script drives', () => {
  it('says what the script says, in order, before the answer, in frames of the schema', async () => {
    const id = await open();
    const words = [
      { thought: 'hm' },
      { text: 'one ' },
      { text: 'two' },
      { tool: 't1' },
      { tool_done: 't1' },
      { edit: 'e1' },
      { text: 'three' },
      { plan: 1 },
      { usage: 1 },
      { commands: 1 },
      { mode: 'go' },
      { title: 'A title' },
      { done: 'max_tokens' },
    ];
    expect((await node.prompt(id, say(...words))).result).toEqual({ stopReason: 'max_tokens' });
    expect(kinds(id).slice(1)).toEqual([
      'agent_thought_chunk',
      'agent_message_chunk',
      'agent_message_chunk',
      'tool_call',
      'tool_call_update',
      'tool_call',
      'tool_call_update',
      'agent_message_chunk',
      'plan',
      'usage_update',
      'available_commands_update',
      'current_mode_update',
      'session_info_update',
      'answer',
    ]);
    const [one, two, three] = node.updatesOf(id, 'agent_message_chunk').map(({ messageId }) => messageId);
    expect(one).toBe(two);
    expect(three).not.toBe(one);
    const check = new SchemaCheck();
    for (const { frame } of node.framesOf(id)) if (frame.kind !== 'response') check.add('agent', frame.line);
    expect(check.problems).toEqual([]);
  });

  it('streams while the turn runs', async () => {
    const id = await open();
    const answer = node.prompt(id, say({ text: 'early' }));
    await expect.poll(() => node.textOf(id)).toBe('early');
    node.cancel(id);
    expect((await answer).result).toEqual({ stopReason: 'cancelled' });
  });

  it('asks for permission and goes on with the answer', async () => {
    const id = await open();
    const answer = node.prompt(id, say({ tool: 't' }, { ask: 't' }));
    const question = await node.waitFor('session/request_permission');
    expect(question.params).toMatchObject({ sessionId: id, toolCall: { toolCallId: 't' } });
    const outcome = { outcome: 'selected', optionId: 'no' };
    node.give(resultLine((question as { id: string }).id, { outcome }), id);
    expect((await answer).result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(id)).toBe('answer no');
  });

  it('calls its questions off when the turn is cancelled, settles its tools, and goes on', async () => {
    const id = await open();
    const answer = node.prompt(id, say({ tool: 't' }, { ask: 't' }));
    await node.waitFor('session/request_permission');
    node.cancel(id);
    expect((await answer).result).toEqual({ stopReason: 'cancelled' });
    expect(node.updatesOf(id, 'tool_call_update')).toEqual([
      { sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'failed' },
    ]);
    expect((await node.prompt(id, say({ done: 'end_turn' }))).result).toEqual({ stopReason: 'end_turn' });
  });

  it('calls a question off that has been answered elsewhere', async () => {
    const id = await open();
    const answer = node.prompt(id, say({ ask: 't' }, { withdraw: 't' }, { withdraw: 'other' }));
    const { id: requestId } = (await node.waitFor('session/request_permission')) as { id: string };
    await expect.poll(() => node.textOf(id)).toBe('answer nil');
    expect(kinds(id).filter((kind) => kind === '$/cancel_request')).toHaveLength(1);
    const called = await node.waitFor('$/cancel_request');
    expect(called.params).toEqual({ sessionId: id, requestId });
    node.give(resultLine(requestId, { outcome: { outcome: 'selected', optionId: 'yes' } }), id);
    node.cancel(id);
    expect((await answer).result).toEqual({ stopReason: 'cancelled' });
    expect(node.textOf(id)).toBe('answer nil');
  });

  it('answers its questions itself under YOLO, and shows it', async () => {
    const id = await open(SCRIPT, { yolo: true });
    expect((await node.prompt(id, say({ tool: 't' }, { ask: 't' }))).result).toEqual({
      stopReason: 'end_turn',
    });
    expect(node.textOf(id)).toBe('answer yes');
    expect(kinds(id)).toContain('_praxis/agent/auto');
  });

  it('is interrupted and then ended when it does not heed a cancel; the prompt is answered all the same', async () => {
    const id = await open(deaf);
    const answer = node.prompt(id, JSON.stringify({ deaf: true, say: [{ tool: 't' }] }));
    await expect.poll(() => kinds(id)).toContain('tool_call');
    node.cancel(id);
    expect((await answer).result).toEqual({ stopReason: 'cancelled' });
    expect(kinds(id)).toContain('_praxis/agent/exited');
  });

  it('ends its prompt after the time limit', async () => {
    const id = await open(SCRIPT, { promptTimeoutSecs: 1 });
    expect((await node.prompt(id, say())).error?.code).toBe(ErrorCode.PromptTimedOut);
    expect((await node.prompt(id, say({ done: 'end_turn' }))).result).toEqual({ stopReason: 'end_turn' });
  });

  it('is lost when its agent dies, with the reason and no tool left open', async () => {
    const id = await open();
    const { error } = await node.prompt(id, JSON.stringify({ say: [{ tool: 't' }], exit: 3 }));
    expect(error).toMatchObject({
      code: ErrorCode.AgentLost,
      message: 'The agent ended with exit code 3: out of ideas',
    });
    expect(kinds(id)).toEqual(['answer', 'tool_call', 'tool_call_update', 'answer', '_praxis/agent/exited']);
  });

  it('changes its mode, and refuses one that is not there', async () => {
    const id = await open();
    expect((await node.ask('session/set_mode', { sessionId: id, modeId: 'go' })).result).toEqual({});
    expect(node.updatesOf(id, 'current_mode_update')).toMatchObject([{ currentModeId: 'go' }]);
    const { error } = await node.ask('session/set_mode', { sessionId: id, modeId: 'fly' });
    expect(error?.code).toBe(ErrorCode.InvalidParams);
  });

  it('leaves nothing running when it is closed', async () => {
    const id = await open();
    const pids = lua.runningPids();
    expect(pids).toHaveLength(1);
    expect((await node.ask('session/close', { sessionId: id })).result).toEqual({});
    expect(pids.filter(isRunning)).toEqual([]);
  });
});

describe('what the messages of a script are', () => {
  async function infoOf(field: string) {
    const source = `return { ${field} open = function() end, prompt = function() end }`;
    node = new TestServer([
      await lua.compile('test', source, { agent: { title: 'T', command: ['t'], env: {} } }),
    ]);
    const { result, error } = await node.newSession('test');
    return error ?? (result as { _meta: { praxis: { agentInfo: unknown } } })._meta.praxis.agentInfo;
  }
  const info = { name: 'test', title: 'T', version: 'unknown' };

  it.each([
    ['plain text', 'text = "plain",', { ...info, _meta: { praxis: { text: 'plain' } } }],
    [
      'what a function of it says',
      'text = function(s, c) return s.cwd and c.agent.title == "T" and "plain" end,',
      { ...info, _meta: { praxis: { text: 'plain' } } },
    ],
    ['markdown', 'text = "markdown",', { ...info, _meta: { praxis: { text: 'markdown' } } }],
    ['not said', '', info],
  ])('%s', async (_what, field, expected) => {
    expect(await infoOf(field)).toEqual(expected);
  });

  it('must be a word that there is', async () => {
    expect(await infoOf('text = "html",')).toMatchObject({
      message: expect.stringMatching(/text returned what is no good.*"markdown"\|"plain"/),
    });
  });
});

it('a script may run programs without end, but not without number at a time', async () => {
  const id = await open(`return { open = function() end, prompt = function(session)
    for i = 1, ${LUA_STREAMS + 5} do
      local ended = host.future()
      host.process { command = { "true" } }:on_exit(function() ended:set(true) end)
      ended:wait()
    end
    local ok, problem
    for i = 1, ${LUA_STREAMS + 1} do ok, problem = pcall(host.process, { command = { "sleep", "600" } }) end
    session:message(tostring(problem))
    return "end_turn"
  end }`);
  expect((await node.prompt(id, 'go')).result).toEqual({ stopReason: 'end_turn' });
  expect(node.textOf(id)).toMatch(/100 programs and files are open already; stop\(\) ends/);
  await node.ask('session/close', { sessionId: id });
  expect(lua.runningPids()).toEqual([]);
});

it('a script that speaks by itself waits too while the broker takes nothing', async () => {
  const source = `return { open = function() end, prompt = function(session, blocks)
    if blocks[1].text == "wait" then host.sleep(100) return "end_turn" end
    for i = 1, 1e6 do session:message("word ") host.sleep(0) end
  end }`;
  node = new TestServer([await lua.compile('test', source)]);
  const id = await node.open('test');
  const other = await node.open('test');
  node.full = true;
  const turn = node.prompt(id, 'speak');
  await expect.poll(() => node.textOf(id)).toContain('word');
  expect((await node.prompt(other, 'wait')).result).toEqual({ stopReason: 'end_turn' });
  expect(node.textOf(id)).toBe('word ');
  node.makeRoom();
  await expect.poll(() => node.textOf(id)).toContain('word word word');
  node.cancel(id);
  await node.ask('session/close', { sessionId: id });
  await turn;
});

describe('a script that fails', () => {
  it('in a handler loses that event alone, and says where', async () => {
    const id = await open();
    const { result } = await node.prompt(
      id,
      say({ text: 'a' }, { wrong: 1 }, { text: 'b' }, { done: 'end_turn' }),
    );
    expect(result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(id)).toBe('ab');
    expect(lua.errors).toEqual([expect.stringMatching(/^test\.lua:\d+: .*titel/s)]);
  });

  it('may choose the error of the prompt', async () => {
    const id = await open();
    expect((await node.prompt(id, say({ fail: 1 }))).error).toMatchObject({
      code: -32000,
      message: 'log in',
    });
  });

  it('by computing for ever ends the turn, keeps its agent, and takes the next prompt in a fresh VM', async () => {
    const id = await open();
    const pids = lua.runningPids();
    const { error } = await node.prompt(id, say({ tool: 't' }, { loop: 1 }, { text: 'after' }));
    expect(error).toMatchObject({
      code: ErrorCode.InternalError,
      message: expect.stringMatching(/computed longer/),
      data: { by: 'connector' },
    });
    expect((await node.prompt(id, say({ text: ' next' }, { done: 'end_turn' }))).result).toEqual({
      stopReason: 'end_turn',
    });
    expect(node.textOf(id)).toBe('after next');
    expect(lua.runningPids()).toEqual(pids);
  });

  it('does not end the turn of a neighbour on its thread, which loses and doubles nothing', async () => {
    const id = await open();
    const neighbour = await node.open('test');
    const turn = node.prompt(neighbour, say({ text: 'a' }, { ask: 't' }));
    await node.waitFor('session/request_permission');
    await node.prompt(id, say({ loop: 1 }));
    const question = await node.waitFor('session/request_permission');
    const outcome = { outcome: 'selected', optionId: 'yes' };
    node.give(resultLine((question as { id: string }).id, { outcome }), neighbour);
    node.cancel(neighbour);
    expect((await turn).result).toEqual({ stopReason: 'cancelled' });
    expect((await node.prompt(neighbour, say({ text: 'b' }, { done: 'end_turn' }))).result).toBeDefined();
    expect(node.textOf(neighbour)).toBe('ab');
  });

  it('is given up when it goes on computing', async () => {
    const id = await open(SCRIPT.replace('assert(session.saved.opened)', 'while true do end'));
    const { error } = await node.prompt(id, say({ loop: 1 }));
    expect(error?.code).toBe(ErrorCode.AgentLost);
    expect(lua.runningPids()).toEqual([]);
  });
});

describe('a session that cannot be opened', () => {
  it.each([
    [
      'its program is not installed',
      'host.process { command = { "no-such-agent" }, agent = true }',
      /no-such-agent is not installed/,
    ],
    [
      'its directory is not there',
      'host.process { command = { "sh", "-c", "exit" }, cwd = "/no/such/place", agent = true }',
      /the directory \/no\/such\/place does not exist/,
    ],
    [
      'its directory is a file',
      'host.process { command = { "sh", "-c", "exit" }, cwd = "/etc/hostname", agent = true }',
      /the directory \/etc\/hostname is no directory/,
    ],
    [
      'the directory of its terminal is not there',
      'host.pty { command = { "sh", "-c", "exit" }, cwd = "/no/such/place", agent = true }',
      /the directory \/no\/such\/place does not exist/,
    ],
    [
      'its program ends at once',
      'local p = host.process { command = { "sh", "-c", "echo no license >&2; exit 9" }, agent = true } p:read_line() error("no line")',
      /ended with exit code 9: no license/,
    ],
    ['its script fails', 'error("not today")', /not today/],
    ['its script returns nonsense', 'return { idd = 1 }', /open returned what is no good/],
  ])('because %s says so', async (_name, body, message) => {
    const script = `return { open = function() ${body} end, prompt = function() return "end_turn" end }`;
    node = new TestServer([await lua.compile('test', script)]);
    const { error } = await node.newSession('test');
    expect(error?.message).toMatch(message);
    expect(lua.runningPids()).toEqual([]);
  });
});
