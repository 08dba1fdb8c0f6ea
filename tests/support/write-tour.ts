/**
 * `npm run docs:tour`: writes docs/tour.md, the screens of the real program in a real terminal at three sizes. Every scene is
 * taken in the dark and the light theme; as text they must be the same. One of them goes into the README too.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dark, light } from '../../tui/draw/theme.js';
import { bytesOf, KEY, TestTerminal } from './terminal.js';
import { waitUntil } from './wait.js';

const program = new URL('./scripted-tui.ts', import.meta.url).pathname;

interface Scene {
  name: string;
  about: string;
  /** What is typed, and what must be seen then. */
  steps: readonly [keys: string, seen: string | RegExp][];
  /** Larger sizes show something else than more room. */
  wide?: true;
}

const gone = (words: string): RegExp => new RegExp(`^((?!${words})[\\s\\S])*$`);

const SCENES: readonly Scene[] = [
  {
    name: 'The first screen',
    about: 'What runs where, what lives, and what to do next.',
    steps: [['', 'Choose a session or an agent']],
  },
  {
    name: 'Nodes',
    about: 'Ctrl+L: every machine with its agents, and what one that cannot be used needs.',
    steps: [[KEY.ctrl('l'), '╭─ Nodes']],
  },
  {
    name: 'Starting a session',
    about: 'A directory with completion, and YOLO with what it means.',
    steps: [
      [KEY.escape, gone('╭─ Nodes')],
      [KEY.down, '▸ ● Find the flaky te'],
      [KEY.down, '▸ Demo agent'],
      [KEY.enter, 'Working directory'],
      [`${KEY.ctrl('u')}/home/me/`, 'papers'],
    ],
  },
  {
    name: 'A conversation',
    about: 'Markdown, tool calls of a line each, a plan, what it took.',
    wide: true,
    steps: [
      [`src${KEY.enter}`, 'Ask the agent something'],
      [`tour${KEY.enter}`, /● idle[\s\S]*─ done/],
    ],
  },
  {
    name: 'Commands in the prompt',
    about:
      'Those of Praxis and those of the agent, narrowed by what is typed; Enter takes one and sends nothing.',
    steps: [['/', 'in all']],
  },
  {
    name: 'Files in the prompt',
    about: 'Those of the directory of the session, on its node.',
    steps: [[`${KEY.ctrl('u')}look at @src/`, '@src/greeting.ts']],
  },
  {
    name: 'Search',
    about: 'Ctrl+F: the whole transcript, with a count; n and N go on.',
    steps: [
      [KEY.ctrl('u'), 'Ask the agent something'],
      [`${KEY.ctrl('f')}greet`, /\d+ of \d+/],
    ],
  },
  {
    name: 'Prompts that wait',
    about: 'Queued while the agent works. Alt+Q goes to them, to edit, remove or reorder them.',
    steps: [
      [KEY.escape, gone('Find ❯')],
      [`wait${KEY.enter}`, '◐ working'],
      [`and then the tests${KEY.enter}`, 'queued   and then the tests'],
      [`last the changelog${KEY.enter}`, 'queued   last the changelog'],
      [bytesOf('alt+q'), '▸ queued'],
    ],
  },
  {
    name: 'A question',
    about: 'In place, with all of the change; typing goes on meanwhile.',
    wide: true,
    steps: [
      [KEY.escape, gone('▸ queued')],
      [KEY.ctrl('c'), 'You said: last the changelog'],
      [`ask${KEY.enter}`, /^(?![\s\S]*Tab to answer)[\s\S]*a allow once/],
    ],
  },
  {
    name: 'A question on the whole screen',
    about: 'With +, to be read to its end before it is answered.',
    steps: [['+', '╭─ Allow?']],
  },
  {
    name: 'The inbox',
    about: 'Ctrl+N: the questions of all sessions, the oldest first, answered where they stand.',
    steps: [
      [KEY.escape, gone('╭─ Allow')],
      [KEY.ctrl('n'), 'Change greeting.ts'],
    ],
  },
  {
    name: 'Live sessions',
    about: 'Ctrl+W: on every node; the ones that wait for you first.',
    steps: [
      [KEY.escape, gone('╭─ What')],
      [KEY.ctrl('w'), '╭─ Live sessions'],
    ],
  },
  {
    name: 'Commands',
    about: 'Ctrl+K: everything by name, with its key, or why it cannot act.',
    steps: [[KEY.ctrl('k'), '╭─ Commands']],
  },
  { name: 'Settings', about: 'Ctrl+S; kept in tui.json.', steps: [[KEY.ctrl('s'), '╭─ Settings']] },
];

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

/** What differs from one run to the next. */
const steady = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{8}\b/g, '5b0f7f3a')
    .replace(/(Demo agent) [0-9a-f]{6}\b/g, '$1 5b0f7f')
    .replace(/\d+\.\d s/g, '0.1 s')
    .replace(/\b\d+ s\b/g, '3 s');

/** The screen once nothing changes on it. */
async function still(terminal: TestTerminal): Promise<string> {
  let last = '';
  const isSame = (): boolean => {
    const before = last;
    last = steady(terminal.text());
    return last === before;
  };
  await waitUntil(isSame, 10_000, 200);
  return last;
}

async function captures(
  columns: number,
  rows: number,
  theme: 'dark' | 'light',
  scenes: readonly Scene[] = SCENES,
): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'ptour-'));
  writeFileSync(join(home, 'tui.json'), JSON.stringify({ theme }));
  const env = { PRAXIS_HOME: home, SESSIONS: '1' };
  const terminal = new TestTerminal(process.execPath, ['--import', 'tsx', program], { columns, rows, env });
  try {
    await terminal.waitFor('Demo agent', 60_000);
    const shots: string[] = [];
    for (const { steps } of scenes) {
      for (const [keys, seen] of steps) {
        terminal.type(keys);
        await terminal.waitFor(seen, 60_000);
      }
      shots.push(await still(terminal));
    }
    return shots;
  } finally {
    terminal.kill();
    rmSync(home, { recursive: true, force: true });
  }
}

const colour = ({ fg, bg }: { fg?: number; bg?: number }): string =>
  [fg === undefined ? '' : `${fg}`, bg === undefined ? '' : `on ${bg}`].filter(Boolean).join(' ') || 'own';

const parts: string[] = [
  '# A tour of the screen',
  'Made by `npm run docs:tour` from the real program in a real terminal, with agents that follow a script. The text of a screen is the same in the dark and in the light theme (the script checks that); the colours are in the table at the end. Every scene is taken at every size; shown are all of them in the smallest one, and at the larger ones those that look different there.',
];
for (const [columns, rows] of SIZES) {
  const shots = await captures(columns, rows, 'dark');
  const others = await captures(columns, rows, 'light');
  parts.push(`## ${columns}×${rows}`);
  for (const [i, { name, about, wide }] of SCENES.entries()) {
    // The settings say which theme it is.
    if (shots[i] !== others[i]?.replace('light, 256 colours ', 'dark, 256 colours  '))
      throw new Error(`${name} at ${columns}×${rows} differs between the themes:\n${shots[i]}\n${others[i]}`);
    if (columns > SIZES[0][0] && !wide) continue;
    parts.push(`### ${name}`, about, `\`\`\`text\n${shots[i]}\n\`\`\``);
  }
}
const styles = Object.keys(dark) as (keyof typeof dark)[];
parts.push(
  '## Colours',
  'Numbers are of the palette of 256; `own` is the colour of the terminal. The 16-colour theme follows the palette of the terminal, and NO_COLOR leaves weight and inversion.',
  [
    '| style | dark | light |\n|---|---|---|',
    ...styles.map((s) => `| ${s} | ${colour(dark[s])} | ${colour(light[s])} |`),
  ].join('\n'),
);
writeFileSync(new URL('../../docs/tour.md', import.meta.url), `${parts.join('\n\n')}\n`);

/** The first screen that somebody new sees: the first block of text in the README. */
const FIRST = { name: 'A conversation', columns: 100, rows: 30 };
const readme = new URL('../../README.md', import.meta.url);
const first = SCENES.findIndex(({ name }) => name === FIRST.name);
const shot = (await captures(FIRST.columns, FIRST.rows, 'dark', SCENES.slice(0, first + 1)))[first]!;
writeFileSync(
  readme,
  readFileSync(readme, 'utf8').replace(/```text\n[\s\S]*?\n```/, () => `\`\`\`text\n${shot}\n\`\`\``),
);
process.exit(0);
