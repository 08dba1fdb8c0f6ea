// A program on a terminal, recorded and replayed: what example-program.mjs does when its stdin is a terminal.
import { appendFileSync, mkdirSync, readFileSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { spawn } from 'node-pty';
import { Readable } from '../../dist/node-agent/host/readable.js';

/** Milliseconds between two looks at the files of the program. */
const LOOK_MS = 20;

/** As agents name a folder after a directory. */
const dashed = (path) => path.replace(/[^a-zA-Z0-9]/g, '-');

export function recordTerminal(file, patterns, [program, ...args]) {
  const keep = (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`);
  keep({ args });
  process.stdin.setRawMode(true);
  const { columns: cols, rows } = process.stdout;
  const pty = spawn(program, args, {
    cols,
    rows,
    name: process.env.TERM,
    cwd: process.cwd(),
    env: process.env,
    encoding: null,
  });
  const said = new StringDecoder('utf8');
  const typed = new StringDecoder('utf8');
  pty.onData((bytes) => {
    writeSync(1, bytes);
    keep({ out: said.write(bytes) });
  });
  const { look, last } = follow(patterns, keep);
  process.stdin.on('data', async (bytes) => {
    // What is typed may be an answer to what was added just now.
    await look();
    keep({ in: typed.write(bytes) });
    pty.write(bytes);
  });
  let stopped = false;
  for (const signal of ['SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      stopped = true;
      pty.kill(signal);
    });
  pty.onExit(async ({ exitCode }) => {
    await last();
    // One that is stopped because its session is over did not end by itself.
    if (!stopped) keep({ exit: exitCode });
    process.exit(exitCode);
  });
}

/** Keeps each line that is added to a file of the patterns. Returns the way to have a look now, and a last one. */
function follow(patterns, keep) {
  const readable = new Readable(patterns);
  const read = new Map();
  const look = async (first) => {
    for (const pattern of patterns)
      for (const { path, size } of (await readable.find(pattern, 0, 100)).reverse()) {
        const at = read.get(path) ?? (first ? size : 0);
        const text = readFileSync(path).subarray(at).toString('utf8');
        const end = text.lastIndexOf('\n') + 1;
        read.set(path, at + Buffer.byteLength(text.slice(0, end)));
        const name = path.startsWith(homedir()) ? `~${path.slice(homedir().length)}` : path;
        for (const line of text.slice(0, end).split('\n'))
          if (line !== '') keep({ file: name, line: JSON.parse(line) });
      }
  };
  let looking = look(true);
  const lookNow = () => {
    looking = looking.then(() => look(false));
    return looking;
  };
  const timer = setInterval(lookNow, LOOK_MS);
  const last = () => {
    clearInterval(timer);
    return lookNow();
  };
  return { look: lookNow, last };
}

/** The ids in the arguments were made for a run: each stands for the one at the same place in this run, wherever it comes. */
function namesOf(recorded, present) {
  const names = new Map();
  const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  recorded.forEach((argument, i) => {
    const now = present[i] ?? '';
    const ids = now.match(UUID) ?? [];
    for (const [j, id] of (argument.match(UUID) ?? []).entries()) if (ids[j]) names.set(id, ids[j]);
  });
  return names;
}

/** A cursor report depends on when it was asked for. */
const plain = (keys) => keys.replace(/\x1b\[\d+;\d+R/g, '\x1b[R');

export async function replayTerminal(entries, args) {
  process.stdin.setRawMode(true);
  const names = namesOf(entries.find((entry) => entry.args)?.args ?? [], args);
  const cwd = process.cwd();
  const present = (text) => [...names].reduce((now, [then, id]) => now.replaceAll(then, id), text);
  const here = (text) => present(text).replace(/\/project(?!\w)/g, cwd);
  let typed = '';
  let wake = () => {};
  process.stdin.on('data', (bytes) => {
    typed = plain(typed + bytes);
    wake();
  });
  for (const { out, in: keys, file, line, exit } of entries) {
    if (out !== undefined) writeSync(1, present(out));
    if (file !== undefined) {
      const path = here(file.replace('/-project/', `/${dashed(cwd)}/`)).replace(/^~/, homedir());
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, `${here(JSON.stringify(line))}\n`);
    }
    if (keys !== undefined) {
      const wanted = plain(present(keys));
      while (!typed.includes(wanted)) await new Promise((resolve) => (wake = resolve));
      typed = typed.replace(wanted, () => '');
    }
    if (exit !== undefined) process.exit(exit);
  }
}
