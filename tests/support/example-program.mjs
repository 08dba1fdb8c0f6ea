// Stands in for an agent's program, in one of two ways:
//   record FILE PATTERNS PROGRAM ARGS...  runs the program and writes down what it is told and says
//   replay FILE ARGS...                   says what was written down, each after what it had been told before
// With pipes that is each line of its stdin (`to`) and stdout (`from`); on a terminal it is what is typed (`in`), what it writes (`out`),
// its arguments (`args`), and the lines that it adds to files (`file`, `line`) of the PATTERNS, a list in JSON.

import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { recordTerminal, replayTerminal } from './example-terminal.mjs';

const [way, file, ...rest] = process.argv.slice(2);
// What a connector numbers itself differs from run to run by the time in it.
const OWN_ID = /praxis-\d+-(\d+)/g;

function record([program, ...args]) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const keep = (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      keep({ to: JSON.parse(line) });
      child.stdin.write(`${line}\n`);
    })
    .on('close', () => child.stdin.end());
  createInterface({ input: child.stdout }).on('line', (line) => {
    keep({ from: JSON.parse(line) });
    process.stdout.write(`${line}\n`);
  });
  child.on('exit', (code) => process.exit(code ?? 1));
}

async function replay(entries) {
  const told = [];
  const ids = new Map();
  let wake = () => {};
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      for (const [id, number] of line.matchAll(OWN_ID)) ids.set(number, id);
      told.push(plain(line.replaceAll(process.cwd(), '/project')));
      wake();
    })
    .on('close', () => process.exit(0));
  for (const { to, from } of entries) {
    if (from) {
      const line = JSON.stringify(from).replace(OWN_ID, (id, number) => ids.get(number) ?? id);
      process.stdout.write(`${line}\n`);
    }
    if (to) {
      const wanted = plain(JSON.stringify(to));
      while (!told.includes(wanted)) await new Promise((resolve) => (wake = resolve));
      told.splice(told.indexOf(wanted), 1);
    }
  }
}

const plain = (line) => line.replace(OWN_ID, 'praxis-$1');

const recorded = () =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

if (way === 'record') {
  const [patterns, ...command] = rest;
  if (process.stdin.isTTY) recordTerminal(file, JSON.parse(patterns), command);
  else record(command);
} else if (process.stdin.isTTY) await replayTerminal(recorded(), rest);
else await replay(recorded());
