/** Lua as connectors have it: what a script may do, and that none can harm the node or its neighbours. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../node-agent/clock.js';
import { type LuaError, LuaPool, type LuaVm } from '../../node-agent/lua/index.js';
import { LUA_ASK_MS, packageRoot } from '../../proto/index.js';

/** Milliseconds a script may compute where it shall be stopped: short, so that the tests are. */
const SLICE_MS = 200;

/** Where it shall not: more than a test may last, so that on a busy machine none is stopped for what it did slowly. */
const PATIENT_MS = 60_000;

const newPool = (sliceMs: number) =>
  new LuaPool({
    clock: systemClock,
    sliceMs,
    memory: 4 * 1024 * 1024,
    workers: 1,
    entry: pathToFileURL(`${packageRoot}dist/node-agent/lua/worker.js`),
  });

let patient: LuaPool;
let strict: LuaPool;
beforeAll(() => {
  patient = newPool(PATIENT_MS);
  strict = newPool(SLICE_MS);
});
afterAll(() => Promise.all([patient.close(), strict.close()]));

type Host = (name: string, args: unknown[]) => Promise<unknown>;
const noHost: Host = async () => undefined;

/** A VM whose script has `run(...)` with this body. */
async function vmOf(
  body: string,
  host: Host = noHost,
  onFresh?: (error: LuaError | undefined) => void,
  pool = patient,
): Promise<LuaVm> {
  const script = await pool.compile('test.lua', `return { run = function(a, b)\n${body}\nend }`);
  return pool.open({ script, host, ...(onFresh && { onFresh }) });
}

async function run(
  body: string,
  args: unknown[] = [],
  host: Host = noHost,
  pool = patient,
): Promise<unknown> {
  const vm = await vmOf(body, host, undefined, pool);
  return vm.call('run', ...args).finally(() => vm.close());
}

const failure = (promise: Promise<unknown>): Promise<LuaError> =>
  promise.then(
    (value) => Promise.reject(new Error(`did not fail: ${JSON.stringify(value)}`)),
    (error) => error,
  );

describe('values', () => {
  it.each([
    [{ a: [1, 2.5, 'x', true, null], b: {} }],
    ['with a \u0000 byte, ü, 🎉 and \u2028'],
    [[]],
    [Number.MAX_SAFE_INTEGER],
    [{ nested: [[[{ deep: 'yes' }]]] }],
  ])('%j goes into Lua and comes back as it was', async (value) => {
    expect(await run('return a', [value])).toEqual(value);
  });

  it('are written and read as JSON in Lua', async () => {
    expect(await run('return json.encode(json.decode(a))', ['{"list":[1,null,{}],"none":[]}'])).toBe(
      '{"list":[1,null,{}],"none":[]}',
    );
    expect(await run('return json.encode { json.array(), json.null }')).toBe('[[],null]');
  });

  it('that cannot leave Lua are refused with a reason', async () => {
    expect(await failure(run('return { f = print }'))).toMatchObject({
      kind: 'runtime',
      message: expect.stringMatching(/function cannot leave/),
    });
    expect(await failure(run('local t = {} t.t = t return t'))).toMatchObject({
      message: expect.stringMatching(/levels at most/),
    });
    expect(await failure(run('\njson.decode("{")'))).toMatchObject({ file: 'test.lua', line: 3 });
  });
});

/** A list that says it has 2^40 items: Lua looks for its end in steps that double. */
const ENDLESS = `local t = { 1, 1, 1, 1 } t[5], t[8], t[9] = 1, 1, 1
  for i = 4, 40 do t[2 ^ i | 0] = 1 end`;

/** 2^40 tables, for whoever does not see that they are 40. */
const SHARED = 'local t = {} for i = 1, 40 do t = { t, t } end';

describe('a value that is too much', () => {
  it.each([
    ['a list without an end, returned', `${ENDLESS} return t`],
    ['a list without an end, as JSON', `${ENDLESS} return json.encode(t)`],
    ['a list without an end, to the host', `${ENDLESS} host.log("info", t)`],
    ['one text many times', 'local s, t = ("x"):rep(1e6), {} for i = 1, 1000 do t[i] = s end return t'],
  ])('is refused: %s', async (_name, body) => {
    expect(await failure(run(body))).toMatchObject({
      kind: 'runtime',
      message: expect.stringMatching(/a value may have .* at most/),
    });
  });

  it.each([
    ['returned', `${SHARED} return t`],
    ['to the host', `${SHARED} host.log("info", t)`],
  ])('is refused: a table in another many times, %s', async (_name, body) => {
    expect(await failure(run(body))).toMatchObject({
      kind: 'runtime',
      message: expect.stringMatching(/items at most/),
    });
  });

  it('is refused on its way into a script too, and harms no neighbour', async () => {
    let fresh = 0;
    const neighbour = await vmOf('return 1', noHost, () => fresh++);
    let deep: unknown = 'bottom';
    for (let i = 0; i < 1_000; i++) deep = [deep];
    expect(await failure(run('return 1', [deep]))).toMatchObject({
      kind: 'runtime',
      message: expect.stringMatching(/levels at most/),
    });
    expect(await failure(run('return host.which("x")', [], async () => deep))).toMatchObject({
      kind: 'runtime',
    });
    expect(await neighbour.call('run')).toBe(1);
    expect(fresh).toBe(0);
    neighbour.close();
  });
});

describe('the sandbox', () => {
  it('has nothing that leads out of it', async () => {
    const names = 'os io debug package require load loadstring loadfile dofile collectgarbage'.split(' ');
    expect(
      await run(`return { ${names.map((name) => `tostring(${name})`).join(', ')}, tostring(string.dump) }`),
    ).toEqual(Array(names.length + 1).fill('nil'));
  });

  it.each([
    ['of a table', 'setmetatable({}, { __gc = print })'],
    ['of the lists of the host', 'getmetatable(json.array()).__gc = print'],
  ])('has no finalizers %s', async (_name, body) => {
    expect(await failure(run(body))).toMatchObject({ kind: 'runtime', line: 2 });
  });

  it.each(['resume', 'close'])('does not let a script %s a call of the host', async (what) => {
    const host: Host = (name) => new Promise((resolve) => setTimeout(resolve, 10, `of ${name}`));
    const vm = await vmOf(
      `if a then thread = coroutine.running() return host.which("sh") end
       return tostring(select(2, pcall(coroutine.${what}, thread, true, "forged")))`,
      host,
    );
    const answer = vm.call('run', true);
    expect(await vm.call('run')).toMatch(/is for coroutines of your own/);
    expect(await answer).toBe('of which');
    vm.close();
  });

  it('gives every session globals of its own', async () => {
    const [one, two] = [await vmOf('x = a or x return x'), await vmOf('x = a or x return x')];
    await one.call('run', 1);
    expect(await two.call('run')).toBeUndefined();
    expect(await one.call('run')).toBe(1);
    one.close();
    two.close();
  });
});

describe('the host', () => {
  it('is waited for as if it answered at once, also within pcall', async () => {
    const host: Host = async (name, args) => `${name} ${args.join(' ')}`;
    expect(await run('local ok, v = pcall(host.which, "sh") return { ok, v }', [], host)).toEqual([
      true,
      'which sh',
    ]);
  });

  it('raises its errors in Lua, with the line of the script', async () => {
    const host: Host = () => Promise.reject(new Error('no such program'));
    expect(await failure(run('\n\nhost.which("x")', [], host))).toMatchObject({
      kind: 'runtime',
      message: 'test.lua:4: no such program',
      file: 'test.lua',
      line: 4,
    });
  });

  it('serves several calls of one session at a time', async () => {
    const answers: (() => void)[] = [];
    const host: Host = () => new Promise((resolve) => answers.push(() => resolve(undefined)));
    const vm = await vmOf('host.sleep(1) return a', host);
    const calls = Promise.all([vm.call('run', 1), vm.call('run', 2)]);
    await expect.poll(() => answers.length).toBe(2);
    for (const answer of answers.reverse()) answer();
    expect(await calls).toEqual([1, 2]);
    vm.close();
  });

  it('says plainly that it cannot be called in a coroutine of the script', async () => {
    expect(await failure(run('return coroutine.wrap(function() host.now() end)()'))).toMatchObject({
      message: expect.stringMatching(/cannot be called inside a coroutine/),
    });
  });

  it('survives thousands of calls in one VM', async () => {
    const vm = await vmOf('return host.now() + a', async () => 1);
    for (let i = 0; i < 3_000; i++) expect(await vm.call('run', i)).toBe(i + 1);
    vm.close();
  });
});

describe('a faulty script', () => {
  it('is refused at load, with its line', async () => {
    expect(await failure(patient.compile('bad.lua', 'return {\n  x =\n}'))).toMatchObject({
      kind: 'syntax',
      file: 'bad.lua',
      line: 3,
    });
  });

  it('fails with its line, and with the code that it chose', async () => {
    expect(await failure(run('local x = nil\nreturn x.y'))).toMatchObject({
      kind: 'runtime',
      file: 'test.lua',
      line: 3,
    });
    expect(await failure(run('error { code = -32000, message = "log in first" }'))).toMatchObject({
      code: -32000,
      message: 'log in first',
    });
  });

  it('runs out of memory alone, and its VM stays usable', async () => {
    const neighbour = await vmOf('return "alive"');
    const vm = await vmOf(
      'if not a then return "usable" end local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end',
    );
    expect(await failure(vm.call('run', true))).toMatchObject({ kind: 'memory' });
    expect(await failure(run('return ("x"):rep(1e9)'))).toMatchObject({ kind: 'memory' });
    expect(await vm.call('run')).toBe('usable');
    expect(await neighbour.call('run')).toBe('alive');
    vm.close();
    neighbour.close();
  });
});

describe('the pool', () => {
  it('keeps nothing of scripts that fail at their first lines', async () => {
    const mebibyte = 1024 * 1024;
    // 3 MiB, in pieces that fit while they are made.
    const source = 'kept = {} for i = 1, 48 do kept[i] = (" "):rep(256):rep(256) .. i end error("no")';
    const script = await patient.compile('big.lua', source);
    const fail = async (times: number) => {
      for (let i = 0; i < times; i++) await failure(patient.open({ script, host: noHost }));
      return process.memoryUsage().rss;
    };
    const before = await fail(10);
    // What 100 of them hold is three times as much.
    expect((await fail(100)) - before).toBeLessThan(100 * mebibyte);
  });

  it('is closed when it says so, though the last word of a worker comes meanwhile', async () => {
    const dist = pathToFileURL(`${packageRoot}dist/node-agent/`);
    const program = `
      import { LuaPool } from '${dist}lua/index.js';
      import { systemClock } from '${dist}clock.js';
      for (let i = 0; i < 3; i++) {
        const pool = new LuaPool({ clock: systemClock, sliceMs: 400, memory: 4194304, workers: 1 });
        const vm = await pool.open({ script: await pool.compile('x.lua', 'return {}'), host: async () => {} });
        vm.close();
        // The answer to that waits here when the worker is told to end.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
        await pool.close();
      }
      console.log('closed');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout).toBe('closed\n');
  });
});

describe('a session at rest', () => {
  it('gives back what it does not use', async () => {
    const vm = await vmOf(`
      held = held or setmetatable({}, { __mode = "k" })
      if a then held[{}] = true end
      return next(held) == nil`);
    expect(await vm.call('run', true)).toBe(false);
    // A VM that is asked all the time does not rest.
    await expect.poll(() => vm.call('run'), { interval: 1_000, timeout: 20_000 }).toBe(true);
    vm.close();
  });
});

describe('a script that computes for ever', () => {
  it.each([
    ['in a loop', 'while true do end'],
    ['in a loop that catches every error', 'while true do pcall(function() while true do end end) end'],
    ['in a pattern', 'return (("a"):rep(200)):find(".-.-.-.-.-.-.-.-b")'],
    ['in a coroutine', 'coroutine.wrap(function() while true do end end)()'],
    [
      'in a value that it gives',
      'local t = {} for i = 1, 99 do t = { t, t } end while true do pcall(json.encode, t) end',
    ],
  ])('%s is stopped, and its neighbour goes on afresh', async (_name, body) => {
    let fresh = 0;
    const neighbour = await vmOf('n = (n or 0) + 1 return n', noHost, () => fresh++, strict);
    expect(await neighbour.call('run')).toBe(1);
    expect(await neighbour.call('run')).toBe(2);
    const vm = await vmOf(body, noHost, undefined, strict);
    expect(await failure(vm.call('run'))).toMatchObject({ kind: 'timeout' });
    expect(await failure(vm.call('run'))).toMatchObject({ kind: 'timeout' });
    expect(await neighbour.call('run')).toBe(1);
    expect(fresh).toBe(1);
    neighbour.close();
  });

  it('at load is stopped too', async () => {
    for (const source of ['while true do end', 'while true do host.now() end']) {
      const script = await strict.compile('load.lua', source);
      expect(await failure(strict.open({ script, host: noHost }))).toMatchObject({ kind: 'timeout' });
    }
  });

  it('tells a neighbour that waited for the host that it was started anew', async () => {
    let asked = 0;
    const host: Host = () => {
      asked++;
      return new Promise(() => undefined);
    };
    const neighbour = await vmOf('return host.sleep(1)', host, undefined, strict);
    const waiting = failure(neighbour.call('run'));
    await expect.poll(() => asked).toBe(1);
    const vm = await vmOf('while true do end', noHost, undefined, strict);
    await failure(vm.call('run'));
    expect(await waiting).toMatchObject({ kind: 'restarted' });
    neighbour.close();
  });

  it('may wait for the host as long as it likes', async () => {
    const host: Host = () => new Promise((resolve) => setTimeout(resolve, 3 * SLICE_MS, 'done'));
    expect(await run('return host.sleep(1)', [], host, strict)).toBe('done');
  });
});

/** Questions of the host that a script may have answered at once without a wait, even if it needed no time for them. */
const MOST = SLICE_MS / LUA_ASK_MS;

describe('a script that says very much', () => {
  const loop = (times: number, wait: string) => `local big = ("x"):rep(1024 * 1024)
    for i = 1, ${times} do a:message(big) ${wait} end
    return "said"`;

  it('in one go is refused, so that no node has to keep it all', async () => {
    expect(await failure(run(loop(33, ''), [{ sessionId: 'one' }]))).toMatchObject({
      kind: 'runtime',
      message: expect.stringContaining('bytes of text without waiting'),
    });
  });

  it('may do so when it waits in between', async () => {
    const host: Host = () => new Promise((resolve) => setImmediate(resolve));
    expect(await run(loop(33, 'host.sleep(0)'), [{ sessionId: 'one' }], host)).toBe('said');
  });
});

describe('a script that asks the host for ever', () => {
  it.each([
    ['what it answers at once', 'while true do host.now() end'],
    ['what it refuses', 'while true do pcall(host.which, 1) end'],
    ['what cannot be asked', 'while true do pcall(host.log, "info", print) end'],
    ['for its libraries', 'while true do pcall(host.library, "none") end'],
    ['between computing', 'while true do for i = 1, 1e5 do end host.now() end'],
  ])('%s is stopped, and no neighbour is', async (_name, body) => {
    const host: Host = async (name) => {
      if (name !== 'now') throw new Error('refused');
    };
    let restarted = 0;
    const neighbour = await vmOf('n = (n or 0) + 1 return n', noHost, () => restarted++, strict);
    expect(await neighbour.call('run')).toBe(1);
    const fresh: unknown[] = [];
    const vm = await vmOf(
      `if a then ${body} end return "afresh"`,
      host,
      (error) => fresh.push(error?.kind),
      strict,
    );
    const other = failure(vm.call('run', true));
    expect(await failure(vm.call('run', true))).toMatchObject({
      kind: 'timeout',
      message: expect.stringMatching(/computed longer than/),
    });
    expect(await other).toMatchObject({ kind: 'timeout' });
    expect(await vm.call('run')).toBe('afresh');
    expect(fresh).toEqual(['timeout']);
    expect(await neighbour.call('run')).toBe(2);
    expect(restarted).toBe(0);
    vm.close();
    neighbour.close();
  });

  /** With a host that runs the tasks which the script puts aside, as a session's does. */
  async function withTasks(body: string, host: Host = noHost) {
    const script = await strict.compile('tasks.lua', `return { run = function()\n${body}\nend }`);
    const ends: (LuaError | undefined)[] = [];
    const vm: LuaVm = await strict.open({
      script,
      host,
      tell: (name, args) => {
        if (name !== 'task') return;
        vm.task(args[0] as number).then(
          () => ends.push(undefined),
          (error) => ends.push(error),
        );
      },
    });
    return { vm, ends };
  }

  it.each([
    ['by a task', 'local function again() host.task(again) end again()'],
    ['by two', 'local function again() host.task(again) host.task(again) end again()'],
    ['by a task that computes', 'local function again() for i = 1, 1e5 do end host.task(again) end again()'],
  ])('starts itself anew %s is stopped', async (_name, body) => {
    const { vm, ends } = await withTasks(body);
    await vm.call('run');
    await expect
      .poll(() => ends.find((error) => error !== undefined), { timeout: 20_000 })
      .toMatchObject({
        kind: 'timeout',
        message: expect.stringMatching(/computed longer than/),
      });
    vm.close();
  });

  it('goes on when each of its tasks waits before it starts the next', async () => {
    const host: Host = () => new Promise((resolve) => setImmediate(resolve));
    const body = `local n = 0
      local function again() n = n + 1 if n < ${2 * MOST} then host.sleep(0) host.task(again) end end again()`;
    const { vm, ends } = await withTasks(body, host);
    await vm.call('run');
    await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(2 * MOST - 1);
    expect(ends.every((error) => error === undefined)).toBe(true);
    vm.close();
  });

  it('goes on when it waits between its questions', async () => {
    const host: Host = (name) =>
      new Promise((resolve) => (name === 'sleep' ? setImmediate(resolve, 'slept') : resolve(1)));
    const body = `local last
      for i = 1, ${3 * MOST} do
        if i % 100 == 0 then last = host.sleep(0) else host.now() end
      end
      return last`;
    expect(await run(body, [], host, strict)).toBe('slept');
  });

  it('has its time for each item of a batch', async () => {
    const script = await strict.compile(
      'batch.lua',
      `local n = 0
       return { run = function()
         local stream = host.attach("process", 1)
         stream:on_line(function() for i = 1, ${MOST / 20} do host.now() end n = n + 1 end)
       end, count = function() return n end }`,
    );
    const vm = await strict.open({ script, host: noHost });
    await vm.call('run');
    await vm.event(1, 'line', Array(40).fill('x'));
    expect(await vm.call('count')).toBe(40);
    vm.close();
  });
});
