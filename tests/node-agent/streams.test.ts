/** Processes and terminals as a connector's script has them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isRunning } from '../support/processes.js';
import { ScriptHost } from '../support/script-host.js';

const scripts = new ScriptHost();
const { said, errors, dir, session } = scripts;
afterEach(() => scripts.end());
afterAll(() => scripts.close());

const heard = (text: string) => expect.poll(() => said, { timeout: 10_000 }).toContain(text);

describe('a process', () => {
  it('talks in lines both ways, and tells its exit after the last one', async () => {
    const vm = await session(`
      local p = host.process { command = { "/bin/sh", "-c", "while read x; do echo got $x; done; echo bye; exit 4" } }
      p:on_line(function(line) host.log("info", line) end)
      p:on_exit(function(exit) host.log("info", "exit " .. exit.code) end)
      p:write("one") p:write("two") p:close_stdin()`);
    await vm.call('run');
    await heard('exit 4');
    expect(said).toEqual(['got one', 'got two', 'bye', 'exit 4']);
  });

  it('speaks JSON a line with its script', async () => {
    const vm = await session(`
      local p = host.process { command = { "cat" } }
      p:on_line(function(line) host.log("info", json.decode(line).list[2]) end)
      p:write(json.encode { list = { "a", "b" } })`);
    await vm.call('run');
    await heard('b');
  });

  it('loses no line and keeps their order, however fast it writes', async () => {
    const vm = await session(`
      local next_line = 1
      local p = host.process { command = { "seq", "50000" } }
      p:on_line(function(line) assert(tonumber(line) == next_line) next_line = next_line + 1 end)
      p:on_exit(function() host.log("info", "lines " .. next_line - 1) end)`);
    await vm.call('run');
    await heard('lines 50000');
    expect(errors).toEqual([]);
  });

  it('that is not there is an error at the line of the script', async () => {
    const vm = await session('host.process { command = { "no-such-program" } }');
    await expect(vm.call('run')).rejects.toMatchObject({
      file: 'example.lua',
      line: 2,
      message: expect.stringMatching(/no-such-program is not installed/),
    });
  });

  it('goes on when its script is made anew, and nothing it says is lost', async () => {
    const vm = await session(
      `local p = host.process { command = { "/bin/sh", "-c", "echo ready; read x; echo got $x; read x" } }
       p:on_line(function(line) host.log("info", line) end)
       kept = p`,
      `restored = function(handles)
         for _, entry in ipairs(handles) do
           local p = host.attach(entry.kind, entry.handle)
           p:on_line(function(line) host.log("info", "again " .. line) end)
           p:write("hello")
         end
       end`,
    );
    await vm.call('run');
    await heard('ready');
    const loop = await scripts.pool.open({
      script: await scripts.pool.compile('loop.lua', 'return { run = function() while true do end end }'),
      host: async () => undefined,
    });
    await expect(loop.call('run')).rejects.toMatchObject({ kind: 'timeout' });
    await heard('again got hello');
  });

  it('is ended with everything that it started', async () => {
    const vm = await session(`
      local p = host.process { command = { "/bin/sh", "-c", "sleep 600 & echo $!; wait" } }
      p:on_line(function(line) host.log("info", line) end)`);
    await vm.call('run');
    await expect.poll(() => said.length).toBe(1);
    const pid = Number(said[0]);
    expect(isRunning(pid)).toBe(true);
    await scripts.host.stop();
    expect(isRunning(pid)).toBe(false);
  });
});

it('a script that starts its program again and again leaves none when its session ends', async () => {
  const vm = await session(`
    local function keep()
      host.process({ command = { "cat" } }):on_exit(function() host.task(keep) end)
    end
    keep()
    host.process { command = { "sleep", "600" } }`);
  await vm.call('run');
  await scripts.host.stop();
  expect(readdirSync(join(dir, 'agents'))).toEqual([]);
  await expect.poll(() => errors).toContainEqual(expect.stringContaining('the session is over'));
});

describe('a terminal', () => {
  it('is one for its program, with the size that was asked for', async () => {
    const vm = await session(`
      local t = host.pty { command = { "/bin/sh", "-c", "test -t 0 && test -t 1 && stty size && pwd" }, cols = 101, rows = 33 }
      t:on_line(function(line) host.log("info", line) end)
      t:on_exit(function(exit) host.log("info", "exit " .. exit.code) end)`);
    await vm.call('run');
    await heard('exit 0');
    expect(said).toEqual(['33 101', dir, 'exit 0']);
  });

  it('takes input and gives raw bytes', async () => {
    const vm = await session(`
      local t = host.pty { command = { "/bin/sh", "-c", "stty -echo; echo ready; read x; printf '\\\\033[1m%s' $x; read y" } }
      local all = ""
      t:on_data(function(bytes)
        all = all .. bytes
        if all:find("ready\\r\\n") and not sent then sent = true t:write("bold\\n") end
        if all:find("\\27%[1mbold") then host.log("info", "seen") end
      end)`);
    await vm.call('run');
    await heard('seen');
  });

  it('loses no output of a program that ends at once', async () => {
    const vm = await session(`
      local bytes = 0
      local t = host.pty { command = { "/bin/sh", "-c", "head -c 50000 /dev/zero | tr '\\\\0' x" } }
      t:on_data(function(data) bytes = bytes + #data end)
      t:on_exit(function() host.log("info", "bytes " .. bytes) end)`);
    for (let i = 0; i < 10; i++) {
      said.length = 0;
      await vm.call('run');
      await expect.poll(() => said, { timeout: 5_000 }).toEqual(['bytes 50000']);
    }
  });

  it('tells the signal that ended its program', async () => {
    const vm = await session(`
      local t = host.pty { command = { "sleep", "600" } }
      t:on_exit(function(exit) host.log("info", exit.signal) end)
      t:signal("SIGTERM")`);
    await vm.call('run');
    await heard('SIGTERM');
  });
});
