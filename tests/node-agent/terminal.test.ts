/** Terminals as a connector's script has them: real programs on real PTYs. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { plainText, slices } from '../../node-agent/host/paste.js';
import { parseStatus } from '../../node-agent/host/status-report.js';
import { ScriptHost } from '../support/script-host.js';

const scripts = new ScriptHost();
const { said, errors, session } = scripts;
afterEach(() => scripts.end());
afterAll(() => scripts.close());

/** A program for a terminal: JavaScript that gets its input raw. */
function program(source: string): string {
  const file = join(mkdtempSync(join(scripts.dir, 'p-')), 'program.mjs');
  writeFileSync(
    file,
    `import { writeSync } from 'node:fs';
     process.stdin.setRawMode(true);
     const say = (text) => writeSync(1, text);
     let heard = '';
     const on = (wanted, then) => process.stdin.on('data', (bytes) => {
       heard += bytes;
       if (heard.includes(wanted)) { heard = ''; then(); }
     });
     ${source}`,
  );
  return JSON.stringify([process.execPath, file]).replace('[', '{').replace(']', '}');
}

/** Runs the script and returns what it logged. */
async function run(body: string): Promise<string[]> {
  const vm = await session(body);
  await vm.call('run');
  expect(errors).toEqual([]);
  return said;
}

const shell = (script: string) => `host.pty { command = { "/bin/sh", "-c", ${JSON.stringify(script)} } }`;

describe('the environment of a program on a terminal', () => {
  const environment = async (options: string) => {
    const words = await run(`
      local t, text = host.pty { command = { "/usr/bin/env" }, ${options} }, ""
      for more in function() return t:read_text() end do text = text .. more end
      host.log("info", text)`);
    return words.at(-1)!.split('\n');
  };

  it('has its terminal and what the connector adds', async () => {
    expect(await environment('env = { ADDED = "yes" }')).toEqual(
      expect.arrayContaining(['TERM=xterm-256color', 'ADDED=yes', `PWD=${scripts.dir}`]),
    );
    expect(await environment('term = "dumb"')).toContain('TERM=dumb');
  });

  it('has nothing of ours, and nothing of the terminal that the node was started on', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      PRAXIS_TEST_SECRET: 'secret',
      TMUX: '/tmp/tmux,1',
      COLUMNS: '7',
      OTHER: 'passes',
    });
    const lines = await environment('').finally(() => {
      process.env = before;
    });
    expect(lines).toContain('OTHER=passes');
    expect(lines.filter((line) => /^(PRAXIS_|TMUX|COLUMNS)/.test(line))).toEqual([]);
  });
});

describe('the screen of a terminal', () => {
  it('is what a person would see', async () => {
    const words = await run(`
      local t = ${shell("printf 'one\\033[5;10Htwo\\033[1;1H\\033]0;A title\\007'; read x")}
      local screen = t:settle(200, 10000)
      host.log("info", screen.text) host.log("info", screen.title)
      host.log("info", screen.row .. " " .. screen.column .. " " .. tostring(screen.alternate))`);
    expect(words).toEqual(['one\n\n\n\n         two', 'A title', '1 1 false']);
  });

  it('is waited for: until it changes, until it is quiet, until something is there', async () => {
    const words = await run(`
      local t = ${shell("stty -echo; printf 'ready'; read x; printf 'A'; sleep 0.1; printf 'B'; read y")}
      host.log("info", t:expect_screen("rea(d)y", 10000).captures[1])
      host.log("info", tostring(t:wait_screen(0)))
      t:write("\\r")
      t:wait_screen(10000)
      host.log("info", t:settle(300, 10000).text)`);
    expect(words.map((text) => text.replaceAll('\n', ''))).toEqual(['d', 'nil', 'readyAB']);
  });

  it('says why a wait has no answer', async () => {
    const words = await run(`
      local t = ${shell('read x; exit 3')}
      local _, why = t:expect_screen("never", 50) host.log("info", why)
      t:write("\\r")
      _, why = t:expect_screen("never") host.log("info", why)
      _, why = t:wait_screen() host.log("info", why)
      _, why = t:expect("never") host.log("info", why)`);
    expect(words).toEqual(['timeout', 'ended', 'ended', 'ended']);
  });

  it('has the size that it was given last', async () => {
    const words = await run(`
      local t = host.pty { command = { "/bin/sh", "-c", "read x; stty size; read y" }, cols = 50, rows = 10 }
      t:resize(91, 17)
      t:write("\\r")
      host.log("info", t:expect_screen("%d+ %d+", 10000).text)`);
    expect(words).toEqual(['17 91']);
  });
});

describe('the text of a terminal', () => {
  it('comes without escapes, as it is shown, and each piece once', async () => {
    const words = await run(`
      local t = ${shell("printf '\\033[1mbold\\033[0m\\r\\n10%%\\r100%%\\r\\nabX\\bc\\r\\n> '; read x")}
      host.log("info", t:expect("> $", 10000).before)
      host.log("info", tostring(t:read_text(0)))`);
    expect(words).toEqual(['bold\n100%\nabc\n', 'nil']);
  });

  it('matches the alternative that comes first', async () => {
    const words = await run(`
      local t = ${shell("printf 'warning: low\\nerror: (42)\\nok\\n'; read x")}
      local match = t:expect({ bad = "error: %((%d+)%)", good = "ok" }, 10000)
      host.log("info", match.which .. " " .. match.captures[1] .. " " .. match.before)
      match = t:expect({ "nothing", "ok" }, 10000)
      host.log("info", match.which .. " " .. match.text)`);
    expect(words).toEqual(['bad 42 warning: low\n', '2 ok']);
  });

  it('is read line by line, the last one without its end too', async () => {
    const words = await run(`
      local t = ${shell("printf 'one\\n\\ntwo\\nthree'")}
      for line in function() return t:read_line(10000) end do host.log("info", line) end`);
    expect(words).toEqual(['one', 'two', 'three']);
  });

  it('has lines that are longer than the screen is wide', async () => {
    const words = await run(`
      local t = ${shell("printf '%0300d\\nnext\\n' 7; read x")}
      host.log("info", tostring(#t:read_line(10000))) host.log("info", t:read_line(10000))`);
    expect(words).toEqual(['300', 'next']);
  });

  it('loses nothing of a program that says more than its script has read', async () => {
    const words = await run(`
      local t = ${shell('seq 60000')}
      local wanted, rest = 1, ""
      for text in function() return t:read_text(10000) end do
        rest = rest .. text
        rest = rest:gsub("(%d+)\\n", function(n) assert(tonumber(n) == wanted, n) wanted = wanted + 1 return "" end)
      end
      host.log("info", tostring(wanted))`);
    expect(words).toEqual(['60001']);
  }, 30_000);

  it('does not hold up a program whose text nobody reads', async () => {
    const words = await run(`
      local t = ${shell('seq 100000; printf done; read x')}
      host.log("info", t:expect_screen("done", 30000).text)`);
    expect(words).toEqual(['done']);
  }, 40_000);

  it('makes no pattern of what is none', async () => {
    const vm = await session(`local t = ${shell('printf x; read x')}\nt:expect("[x", 5000)`);
    await expect(vm.call('run')).rejects.toMatchObject({
      line: 3,
      message: expect.stringContaining('malformed pattern'),
    });
  });
});

describe('the input of a terminal', () => {
  const ECHO = `say('\\x1b[?2004h$ ');
    on('\\r', () => undefined);
    process.stdin.on('data', (bytes) => say(JSON.stringify(String(bytes)) + '\\r\\n'));`;

  it('gets a paste in brackets, in slices, and then the key that submits it', async () => {
    const words = await run(`
      local t = host.pty { command = ${program(ECHO)} }
      t:expect("%$ ", 10000)
      host.log("info", tostring(t:paste("one\\ntwo\\nthree", { lines = 2, pause_ms = 60, submit_ms = 60 })))
      host.log("info", t:expect('"\\\\r"', 10000).before)`);
    expect(words).toEqual([
      'true',
      '"\\u001b[200~one\\ntwo\\n\\u001b[201~"\n"\\u001b[200~three\\u001b[201~"\n',
    ]);
  });

  it('gets no brackets where the program wants none', async () => {
    const words = await run(`
      local t = host.pty { command = ${program(ECHO.replace('\\x1b[?2004h', ''))} }
      t:expect("%$ ", 10000)
      t:paste("text", { submit = "" })
      host.log("info", t:expect('"text"', 10000).text)`);
    expect(words).toEqual(['"text"']);
  });

  it('is not ended by a text that has the end of a paste in it', async () => {
    const words = await run(`
      local t = host.pty { command = ${program(ECHO)} }
      t:expect("%$ ", 10000)
      host.log("info", tostring(t:paste("a\\27[201~\\rb", { submit = "" })))
      host.log("info", t:expect('201~"', 10000).before)`);
    expect(words).toEqual(['false', '"\\u001b[200~a[201~\\nb\\u001b[']);
  });

  it('takes a large text whole from a program that reads slowly', async () => {
    const words = await run(`
      local t = host.pty { command = ${program(`let n = 0;
        say('go');
        process.stdin.on('data', (bytes) => {
          n += bytes.length;
          process.stdin.pause();
          setTimeout(() => process.stdin.resume(), 1);
          if (String(bytes).includes('!')) say(' got ' + n + '.');
        });`)} }
      t:expect("go", 10000)
      t:write(("x"):rep(200000) .. "!")
      host.log("info", t:expect("got (%d+)%.", 20000).captures[1])`);
    expect(words).toEqual(['200001']);
  }, 30_000);

  it('is bounded for a program that does not read, which is then an error', async () => {
    const vm = await session(`
      local t = ${shell('stty raw; printf go; exec sleep 600')}
      t:expect("go", 10000)
      local begun = host.future()
      host.task(function() begun:set(true) t:write(("x"):rep(900000)) end)
      begun:wait()
      t:write(("y"):rep(900000))`);
    await expect(vm.call('run')).rejects.toThrow('does not read its input');
  });

  it('is told to be gone when its program has ended', async () => {
    const vm = await session(`
      local t = ${shell('exit')}
      t:expect("never", 10000)
      t:write("x")`);
    await expect(vm.call('run')).rejects.toThrow('has ended');
  });
});

describe('the questions of a program to its terminal', () => {
  it.each([
    ['where the cursor is', '\\x1b[3;7H\\x1b[6n', '\\x1b[3;7R'],
    ['whether it is well', '\\x1b[5n', '\\x1b[0n'],
    ['what it is', '\\x1b[c', '\\x1b[?62;22c'],
    ['which version it is', '\\x1b[>q', 'praxis('],
    ['its size', '\\x1b[18t', '\\x1b[8;40;120t'],
    ['its background', '\\x1b]11;?\\x07', '\\x1b]11;rgb:1010/1010/1010\\x1b\\\\'],
    ['its foreground', '\\x1b]10;?\\x1b\\\\', '\\x1b]10;rgb:d0d0/d0d0/d0d0\\x1b\\\\'],
    ['a mode', '\\x1b[?2026$p', '\\x1b[?2026;2$y'],
    ['for reports of its status', '\\x1b]7501;?\\x07', '\\x1b]7501;?\\x1b\\\\'],
  ])('are answered: %s', async (_what, question, answer) => {
    const words = await run(`
      local t = host.pty { command = ${program(`on('${answer}', () => say('answered')); say('${question}');`)} }
      host.log("info", t:expect_screen("answered", 10000).text)`);
    expect(words).toEqual(['answered']);
  });

  it('are not answered about the kitty keyboard, so that keys stay plain', async () => {
    const words = await run(`
      local t = host.pty { command = ${program(`on('\\x1b[?62;22c', () => say('plain'));
        process.stdin.on('data', (bytes) => String(bytes).includes('u') && say('kitty'));
        say('\\x1b[?u\\x1b[c');`)} }
      host.log("info", t:expect_screen({ "plain", "kitty" }, 10000).text)`);
    expect(words).toEqual(['plain']);
  });
});

describe('what a program reports', () => {
  it('is told as it comes: its status, decoded, and its title', async () => {
    const msg = Buffer.from('approve Bash: touch a.txt').toString('base64');
    const words = await run(`
      local t = ${shell(`printf '\\033]2;busy\\007\\033]7501;state=working:app=agent\\007'; read x;
        printf '\\033]7501;state=blocked:kind=permission:msg=${msg}\\033\\134'; read y`)}
      t:wait_status("working", 10000)
      t:on_status(function(status) host.log("info", json.encode(status)) end)
      t:on_title(function(title) host.log("info", title) end)
      t:write("\\r")
      host.log("info", t:wait_status({ "idle", "blocked" }, 10000).kind)`);
    await expect
      .poll(() => [...words].sort())
      .toEqual(
        [
          '{"app":"agent","state":"working"}',
          'busy',
          'permission',
          '{"kind":"permission","msg":"approve Bash: touch a.txt","state":"blocked"}',
        ].sort(),
      );
  });

  it('is no report without a state, and never a control character', () => {
    expect(parseStatus('app=x')).toBeUndefined();
    expect(parseStatus('')).toBeUndefined();
    const msg = Buffer.from('a\u001b[31mb\nc').toString('base64');
    expect(parseStatus(`state=error:msg=${msg}:!=1`)).toEqual({ state: 'error', msg: 'a [31mb c' });
  });
});

describe('a terminal whose script is made anew', () => {
  it('has its screen, its text and its status still, and tells what came meanwhile', async () => {
    const vm = await session(
      `t = ${shell("stty -echo; printf 'first\\n\\033]7501;state=idle\\007> '; read x; printf 'second\\n'; read y")}
       assert(t:expect_screen(">", 10000))`,
      `restored = function(handles)
         local t = host.attach(handles[1].kind, handles[1].handle)
         t:on_status(function(status) host.log("info", status.state) end)
         host.log("info", t:expect("> ", 5000).before)
         t:write("\\r")
         host.log("info", t:expect("second", 5000).text)
       end`,
    );
    await vm.call('run');
    const loop = await scripts.pool.open({
      script: await scripts.pool.compile('loop.lua', 'return { run = function() while true do end end }'),
      host: async () => undefined,
    });
    await expect(loop.call('run')).rejects.toMatchObject({ kind: 'timeout' });
    await expect.poll(() => [...said].sort(), { timeout: 10_000 }).toEqual(['first\n', 'idle', 'second']);
  });
});

describe('a paste', () => {
  it('is cut by characters and lines, and nothing of it is lost', () => {
    expect(slices('abcdefg', { slice: 3 })).toEqual(['abc', 'def', 'g']);
    expect(slices('a\nb\nc\n\nd', { lines: 2 })).toEqual(['a\nb\n', 'c\n\n', 'd']);
    expect(slices('👍👍👍', { slice: 2 })).toEqual(['👍👍', '👍']);
    expect(slices('', {})).toEqual([]);
  });

  it('keeps tabs and line ends, and says when it left something out', () => {
    expect(plainText('a\tb\r\nc\rd')).toEqual({ plain: 'a\tb\nc\nd', changed: false });
    expect(plainText('a\u001b[31m\u0000\u009b')).toEqual({ plain: 'a[31m', changed: true });
  });
});
