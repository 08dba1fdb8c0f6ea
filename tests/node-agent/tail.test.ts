/** Files as a connector's script follows them: only those that it names, every line once. */
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Readable } from '../../node-agent/host/readable.js';
import { Tail } from '../../node-agent/host/tail.js';
import { MAX_TAIL_LINE_BYTES } from '../../proto/index.js';
import { ScriptHost } from '../support/script-host.js';

const scripts = new ScriptHost();
const { said, errors, session, dir } = scripts;
afterEach(() => scripts.end());
afterAll(() => scripts.close());

let files = 0;
/** A file that may be followed, and does not exist yet. */
const newFile = () => join(dir, `log-${++files}.jsonl`);
const READS = `reads = { "${dir}/log-*.jsonl", "${dir}/days/*/*/log-*.jsonl", "$NO_SUCH_VARIABLE/x/*" }`;
const says = (expected: string[]) => expect.poll(() => said, { timeout: 10_000 }).toEqual(expected);

async function follow(file: string, from = 'start') {
  const vm = await session(
    `f = host.tail { path = "${file}", from = "${from}" }
     f:on_line(function(line) host.log("info", line) end)`,
    READS,
  );
  await vm.call('run');
  return vm;
}

describe('a file that is followed', () => {
  it('may be a private file of the session, which others add to', async () => {
    const vm = await session(
      `local file = host.private_file { name = "events.jsonl", text = "" }
       f = host.tail { path = file, from = "start" }
       f:on_line(function(line) host.log("info", line) end)
       host.process { command = { "sh", "-c", 'echo heard >> "$0"', file } }`,
      READS,
    );
    await vm.call('run');
    await says(['heard']);
  });

  it('is waited for, and gives each line when its end is there', async () => {
    const file = newFile();
    await follow(file);
    writeFileSync(file, 'one\ntw');
    await says(['one']);
    appendFileSync(file, 'o\n\nthree\n');
    await says(['one', 'two', 'three']);
  });

  it('is read from its beginning, or from its present end', async () => {
    const file = newFile();
    writeFileSync(file, 'old\n');
    await follow(file);
    await says(['old']);
    await scripts.end();
    await follow(file, 'end');
    appendFileSync(file, 'new\n');
    await says(['new']);
  });

  it('costs no memory to read into while nothing is added to it', async () => {
    const path = newFile();
    writeFileSync(path, 'one\n');
    const lines: string[] = [];
    const looks: (() => void)[] = [];
    const clock = {
      now: () => 0,
      after(_ms: number, look: () => void) {
        looks.push(look);
        return () => undefined;
      },
    };
    const fail = () => expect.fail('it can be read');
    const tail = new Tail({
      path,
      from: 'start',
      clock,
      onLine: (line) => lines.push(line),
      onOversized: fail,
      onProblem: fail,
    });
    tail.resume();
    await expect.poll(() => [lines, looks.length > 0], { timeout: 10_000 }).toEqual([['one'], true]);
    const taken = vi.spyOn(Buffer, 'allocUnsafe');
    try {
      looks.splice(0).at(-1)!();
      await expect.poll(() => looks.length, { timeout: 10_000 }).toBeGreaterThan(0);
      expect(taken.mock.calls.filter(([bytes]) => bytes > 1_024)).toEqual([]);
    } finally {
      taken.mockRestore();
      await tail.stop();
    }
  });

  it('goes on in the file that takes its place, after the rest of the old one', async () => {
    const file = newFile();
    writeFileSync(file, 'one\n');
    await follow(file);
    await says(['one']);
    appendFileSync(file, 'two\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'three\n');
    await says(['one', 'two', 'three']);
    appendFileSync(file, 'four\n');
    await says(['one', 'two', 'three', 'four']);
  });

  it('is read again from its beginning when it was made shorter', async () => {
    const file = newFile();
    writeFileSync(file, 'a long first line\nunfinish');
    await follow(file);
    await says(['a long first line']);
    truncateSync(file);
    appendFileSync(file, 'two\n');
    await says(['a long first line', 'two']);
  });

  it('loses no line of a large file, and leaves out one that is too large', async () => {
    const file = newFile();
    const count = 20_000;
    const lines = Array.from({ length: count }, (_, i) => `${i + 1}`).join('\n');
    writeFileSync(file, `${'x'.repeat(MAX_TAIL_LINE_BYTES + 1)}\n${lines}\n`);
    const vm = await session(
      `local f = host.tail { path = "${file}" }
       for i = 1, ${count} do assert(f:read_line(10000) == tostring(i), i) end
       host.log("info", "all")`,
      READS,
    );
    await vm.call('run');
    expect(said).toEqual([`left out a line of ${file} that is too large`, 'all']);
  });

  it('waits for a script that is busy with earlier lines', async () => {
    const file = newFile();
    writeFileSync(file, Array.from({ length: 5_000 }, (_, i) => `${i}\n`).join(''));
    const vm = await session(
      `local n, f = 0, host.tail { path = "${file}" }
       f:on_line(function(line) n = n + 1 if n % 1000 == 0 then host.sleep(5) end if n == 5000 then host.log("info", line) end end)`,
      READS,
    );
    await vm.call('run');
    await says(['4999']);
    expect(errors).toEqual([]);
  });

  it('goes on for a script that was made anew, and ends when it is stopped', async () => {
    const file = newFile();
    const vm = await session(
      `host.tail { path = "${file}" }:on_line(function(line) host.log("info", line) end)`,
      `${READS}, restored = function(handles)
         local f = host.attach(handles[1].kind, handles[1].handle)
         f:on_line(function(line)
           host.log("info", "again " .. line)
           if line == "three" then f:stop() end
         end)
         host.log("info", "restored")
       end`,
    );
    await vm.call('run');
    writeFileSync(file, 'one\n');
    await says(['one']);
    const loop = await scripts.pool.open({
      script: await scripts.pool.compile('loop.lua', 'return { run = function() while true do end end }'),
      host: async () => undefined,
    });
    const stopped = loop.call('run');
    appendFileSync(file, 'two\n');
    await expect(stopped).rejects.toMatchObject({ kind: 'timeout' });
    await expect.poll(() => said, { timeout: 10_000 }).toContain('again two');
    appendFileSync(file, 'three\nfour\n');
    await expect.poll(() => said).toContain('again three');
    await expect.poll(() => scripts.host.streams.handles()).toEqual([]);
  });
});

describe('a script may read', () => {
  const refused = async (path: string, more = READS) => {
    const vm = await session(`host.tail { path = "${path}" }`, more);
    return expect(vm.call('run')).rejects;
  };

  it('nothing that its connector does not name', async () => {
    await (await refused('/etc/passwd')).toThrow('may not be read');
    await (await refused(`${dir}/other.jsonl`)).toThrow('may not be read');
    await (await refused(`${dir}/log-1/x.jsonl`)).toThrow('may not be read');
    await (await refused(newFile(), '')).toThrow('may not be read');
  });

  it('nothing by a way around', async () => {
    await (await refused(`${dir}/log-1.jsonl/../../../etc/passwd`)).toThrow('no full path');
    await (await refused('log-1.jsonl')).toThrow('no full path');
  });

  it('no file by a pattern that takes for ever to compare', () => {
    const readable = new Readable([`/${'*a'.repeat(500)}`]);
    expect(() => readable.path(`/${'a'.repeat(4_000)}b`)).toThrow(/may not be read/);
    expect(readable.path(`/${'ba'.repeat(500)}`)).toBe(`/${'ba'.repeat(500)}`);
  });

  it.each([
    ['/a/*.jsonl', '/a/x.jsonl', true],
    ['/a/*.jsonl', '/a/.jsonl', true],
    ['/a/*.jsonl', '/a/b/x.jsonl', false],
    ['/a/*/x', '/a//x', false],
    ['/a/x*x', '/a/x', false],
    ['/a/*b*c', '/a/bcbc', true],
    ['/a/*b*c', '/a/cb', false],
    ['/a/b.c', '/a/bxc', false],
    ['/a/**', '/a/b', true],
    ['/a/*', '/a/b\nc', true],
  ])('by the pattern %s the file %j: %s', (pattern, file, isNamed) => {
    const readable = new Readable([pattern]);
    if (isNamed) expect(readable.path(file)).toBe(file);
    else expect(() => readable.path(file)).toThrow();
  });

  it('no link, even under a name that may be read', async () => {
    const file = newFile();
    writeFileSync(join(dir, 'secret'), 'secret\n');
    symlinkSync(join(dir, 'secret'), file);
    await follow(file);
    await expect.poll(() => said.join()).toContain('cannot be read');
    expect(said.join()).not.toContain('secret\n');
  });

  it('nothing at all when its `reads` are no patterns', async () => {
    await (await refused(newFile(), 'reads = { "relative/*" }')).toThrow('begins with /, ~/ or $NAME/');
    await (await refused(newFile(), 'reads = { "/a/../b" }')).toThrow('begins with /, ~/ or $NAME/');
  });
});

describe('files are found', () => {
  it('by a pattern, the last names first, no more than are asked for, and none that are older', async () => {
    for (const [day, name] of [
      ['01', 'log-a.jsonl'],
      ['02', 'log-b.jsonl'],
      ['02', 'log-c.jsonl'],
      ['02', 'else.jsonl'],
    ] as const) {
      mkdirSync(join(dir, 'days/11', day), { recursive: true });
      writeFileSync(join(dir, 'days/11', day, name), 'x\n');
    }
    utimesSync(join(dir, 'days/11/02/log-b.jsonl'), 1_000, 1_000);
    const vm = await session(
      `local function tell(wanted)
         wanted.pattern = "${dir}/days/*/*/*.jsonl"
         for _, file in ipairs(host.files(wanted)) do host.log("info", file.path:match("[^/]+$") .. " " .. file.size) end
         host.log("info", "-")
       end
       tell {} tell { limit = 1 } tell { since = 2000000 }
       host.log("info", tostring(#host.files { pattern = "$NO_SUCH_VARIABLE/x/*" }))
       host.log("info", tostring(#host.files { pattern = "/etc/*" }))`,
      READS,
    );
    await vm.call('run');
    expect(said).toEqual([
      'log-c.jsonl 2',
      'log-b.jsonl 2',
      'log-a.jsonl 2',
      '-',
      'log-c.jsonl 2',
      '-',
      'log-c.jsonl 2',
      'log-a.jsonl 2',
      '-',
      '0',
      '0',
    ]);
  });
});
