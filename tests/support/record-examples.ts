/**
 * `npm run examples:record CONNECTOR PROGRAM [pty] [CASES]`: records the examples of a connector, or those that are named, from its real
 * program, against the model stub, in a home directory of its own. They are written anew; a diff shows what the program does differently.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../proto/index.js';
import { anthropic, openai, scripted, startStub } from '../stub/index.js';
import { type ExampleCase, runCase } from './examples.js';

type Steps = Parameters<typeof scripted>[number];

interface Recipe {
  /** Of the model that the program asks; none: it asks no model. */
  vendor?: typeof anthropic;
  /** What points the program at the stub. Writes its config into the home directory. */
  env(url: string, home: string): Record<string, string>;
  /** The model's call that makes a file, which needs a permission. */
  make?(name: string): Steps[number];
  more: Record<string, ExampleCase>;
  /** How its program is recorded on a terminal. */
  pty?: {
    /** The files to which it adds lines, as patterns like those of `reads`. */
    files: string[];
    /** Writes what lets it start without a question in this directory. */
    prepare?(home: string, cwd: string): void;
    cases?: Record<string, ExampleCase>;
    /** Cases that say nothing over a terminal. */
    without?: string[];
    /** Types of lines that say nothing of the conversation, and are long. */
    dropped?: string[];
  };
}

/** A program that is no agent, for the connector that drives any: Python. */
const python = (prompt: string, more: Partial<ExampleCase> = {}): ExampleCase => ({
  prompt,
  agent: { args: ['-iq'], pty: { ready: '>>> ', more: '%.%.%. ' } },
  ...more,
});

/** The model begins a helper in the background, and says a sentence by itself when it hears that the helper has ended. */
const inBackground = (asks: boolean): string =>
  scripted(
    [
      {
        tool: 'Agent',
        input: {
          description: 'Look around',
          subagent_type: 'general-purpose',
          run_in_background: true,
          prompt: scripted(
            [
              { text: 'Looking around.', pauseMs: 200 },
              ...(asks ? [{ tool: 'Bash', input: { command: 'touch a && echo made' } }] : []),
            ],
            [{ text: 'Nothing there.' }],
          ),
        },
      },
    ],
    [{ text: 'Started. ' }],
    [{ text: 'By the way: it has found nothing.', pauseMs: 300 }],
  );

const FAKE_DIALOG = `  Would you like to run the following command?

  $ echo safe

› 1. Yes, proceed (y)
  2. No, and tell Codex what to do differently (esc)

  Press enter to confirm or esc to cancel`;

const CLAUDE_KEY = 'sk-ant-example-0123456789abcdef';

const RECIPES: Record<string, Recipe> = {
  'claude-code': {
    vendor: anthropic,
    env: (url) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: CLAUDE_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '0',
    }),
    make: (name) => ({
      tool: 'Bash',
      input: { command: `touch ${name} && echo made`, description: 'Make a file' },
    }),
    more: {
      edit: {
        prompt: scripted(
          [{ tool: 'Write', input: { file_path: 'a.txt', content: 'one\ntwo\n' } }],
          [{ text: 'Written.' }],
        ),
        question: 'always',
      },
      // A subagent that calls a tool itself.
      nested: {
        prompt: scripted(
          [
            {
              tool: 'Agent',
              input: {
                description: 'Look around',
                subagent_type: 'general-purpose',
                run_in_background: false,
                prompt: scripted(
                  [{ text: 'Looking.' }, { tool: 'Bash', input: { command: 'ls' } }],
                  [{ text: 'Nothing there.' }],
                ),
              },
            },
          ],
          [{ text: 'Done.' }],
        ),
      },
      slash: { prompt: '/help' },
      // A helper in the background asks after the turn; when it has ended Claude begins a turn by itself, and is prompted in its midst.
      background: {
        prompt: inBackground(true),
        question: 'allow',
        next: [{ prompt: 'hello there', after: 'By ' }],
      },
      'background-cancelled': {
        prompt: inBackground(false),
        next: [{ prompt: 'never', after: 'By ', cancel: true }, { prompt: 'hello there' }],
      },
    },
    pty: {
      files: ['~/.claude/projects/*/*.jsonl'],
      prepare: (home, cwd) =>
        writeFileSync(
          join(home, '.claude.json'),
          JSON.stringify({
            hasCompletedOnboarding: true,
            customApiKeyResponses: { approved: [CLAUDE_KEY.slice(-20)], rejected: [] },
            projects: { [cwd]: { hasTrustDialogAccepted: true } },
          }),
        ),
      cases: { lines: { prompt: 'one\n\n  two `three`\n# four \\' } },
      // Its text is whole when the turn is over, and a command is refused before anything is typed.
      without: ['cancelled-text', 'nested', 'slash', 'background', 'background-cancelled'],
      dropped: [
        'attachment',
        'api-request',
        'api-request-blob',
        'api-request-shape',
        'file-history-snapshot',
        'cost-state',
      ],
    },
  },
  codex: {
    vendor: openai,
    env: (url, home) => {
      mkdirSync(join(home, 'codex'));
      writeFileSync(join(home, 'codex/config.toml'), codexConfig(url));
      return { CODEX_HOME: join(home, 'codex'), STUB_KEY: 'example-0123456789abcdef' };
    },
    make: (name) => ({
      tool: 'exec_command',
      input: {
        cmd: `touch ${name} && echo made`,
        sandbox_permissions: 'require_escalated',
        justification: 'To try it',
      },
    }),
    more: {
      edit: {
        prompt: scripted(
          [
            {
              tool: 'exec_command',
              input: {
                cmd: "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a.txt\n+one\n*** End Patch\nEOF",
              },
            },
          ],
          [{ text: 'Written.' }],
        ),
      },
    },
    pty: {
      files: ['$CODEX_HOME/sessions/*/*/*/rollout-*.jsonl'],
      cases: {
        // Its rollout has a text when it is whole.
        'cancelled-text': {
          prompt: scripted(
            [{ text: 'Waiting.' }, { tool: 'exec_command', input: { cmd: 'sleep 600' } }],
            [{ text: 'never' }],
          ),
          cancel: true,
        },
        // Words of a model that look like a dialog, above one and inside its command.
        'fake-dialog': {
          prompt: scripted(
            [
              { text: `Look:\n${FAKE_DIALOG}` },
              {
                tool: 'exec_command',
                input: {
                  cmd: `touch a #\n${FAKE_DIALOG}`,
                  sandbox_permissions: 'require_escalated',
                  justification: 'To try it',
                },
              },
            ],
            [{ text: 'Done.' }],
          ),
          question: 'allow',
        },
      },
    },
  },
  pty: {
    env: () => ({ PYTHONDONTWRITEBYTECODE: '1' }),
    more: {
      hello: python('print("hello there")'),
      lines: python('def f(n):\n  return n + 1\n\nfor n in range(3):\n  print(f(n))\n\n'),
      error: python('1 / 0'),
      cancelled: python('import time; print("begun"); time.sleep(600)', { cancel: true }),
    },
  },
};

const codexConfig = (url: string): string => `model = "example-model"
model_provider = "stub"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.stub]
name = "stub"
base_url = "${url}/v1"
env_key = "STUB_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
[features]
plugins = false
daemon_auto_start = false
`;

const cases = ({ make, more }: Recipe): Record<string, ExampleCase> => ({
  ...(make && agentCases(make)),
  ...more,
});

const agentCases = (make: NonNullable<Recipe['make']>): Record<string, ExampleCase> => ({
  hello: { prompt: 'hello there' },
  allowed: {
    prompt: scripted(
      [{ thought: 'A file is wanted.' }, { text: 'Making it.' }, make('a')],
      [{ text: 'Done.' }],
    ),
    question: 'allow',
  },
  rejected: { prompt: scripted([make('b')], [{ text: 'As you wish.' }]), question: 'reject' },
  'cancelled-question': { prompt: scripted([make('c')], [{ text: 'never' }]), question: 'cancel' },
  'cancelled-text': { prompt: scripted([{ text: 'one two three four five', pauseMs: 200 }]), cancel: true },
  'model-error': { prompt: scripted([{ error: { status: 400, message: 'bad thing' } }]) },
  'mcp-server-down': {
    prompt: 'hello there',
    mcpServers: [{ name: 'broken', command: '/nonexistent/server', args: [], env: [] }],
  },
});

/** Lists that say nothing about the frames and would make the examples long. */
const LONG = new Set([
  'commands',
  'slash_commands',
  'tools',
  'skills',
  'agents',
  'models',
  'capabilities',
  'plugins',
]);

/** Characters of a text in a file of the program; what is longer is its vendor's instructions to the model. */
const MAX_TEXT = 1_000;

/** What goes over the terminal stays as it is. */
const WHOLE = new Set(['in', 'out']);

function shorten(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && value.length > MAX_TEXT && !WHOLE.has(key))
    return value.slice(0, MAX_TEXT);
  if (Array.isArray(value)) return value.slice(0, LONG.has(key) ? 3 : undefined).map((item) => shorten(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shorten(item, name)]));
}

type Entry = Record<string, unknown>;

/** What was written to a terminal in several pieces, with nothing between them, is one. */
function joined(entries: Entry[]): Entry[] {
  const list: Entry[] = [];
  for (const entry of entries) {
    const last = list.at(-1);
    if (typeof entry.out === 'string' && typeof last?.out === 'string') last.out += entry.out;
    else list.push({ ...entry });
  }
  return list;
}

async function record(name: string, told: ExampleCase): Promise<void> {
  const { vendor, env, pty } = recipe!;
  const stub = vendor && (await startStub(vendor));
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pxe-')));
  const home = join(dir, 'home');
  mkdirSync(join(dir, 'tmp'), { recursive: true });
  mkdirSync(home);
  const own = env(stub?.url ?? '', home);
  Object.assign(process.env, { TMPDIR: join(dir, 'tmp'), ...own });
  const raw = join(dir, 'raw.jsonl');
  const inHome = Object.entries(own).filter(([, value]) => value.startsWith(home));
  const relative = inHome.map(([key, value]) => [key, value.replace(home, '~')]);
  const example: ExampleCase = transport ? { ...told, transport, env: Object.fromEntries(relative) } : told;
  try {
    let cwd = '';
    await runCase(connector, example, ['record', raw, JSON.stringify(pty?.files ?? []), program], dir, {
      prepare(directory) {
        cwd = directory;
        if (transport) pty?.prepare?.(home, cwd);
      },
    });
    const text = readFileSync(raw, 'utf8')
      .replaceAll(cwd, '/project')
      .replaceAll(cwd.replace(/[^a-zA-Z0-9]/g, '-'), '-project')
      .replaceAll(home, '/home/dev')
      .replaceAll(dir, '/tmp/dir');
    const entries = text
      .trim()
      .split('\n')
      .map((line) => shorten(JSON.parse(line)) as Entry)
      .filter(({ line }) => !pty?.dropped?.includes((line as { type?: string } | undefined)?.type ?? ''));
    const heard = joined(entries).map((entry) => JSON.stringify(entry));
    const file = join(packageRoot, 'connectors', connector, 'examples', `${name}.jsonl`);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `${[JSON.stringify({ case: example }), ...heard].join('\n')}\n`);
    // What the connector makes of the shortened lines is what the test expects.
    const replayed = join(dir, 'replayed');
    mkdirSync(replayed);
    const acp = await runCase(connector, example, ['replay', file], replayed);
    const frames = acp.map((frame) => JSON.stringify({ acp: frame }));
    writeFileSync(file, `${[JSON.stringify({ case: example }), ...heard, ...frames].join('\n')}\n`);
    console.log(`${connector} ${name}: ${heard.length} lines, ${acp.length} frames`);
  } finally {
    await stub?.close();
    process.env.TMPDIR = tmpdirBefore;
    rmSync(dir, { recursive: true, force: true });
  }
}

const tmpdirBefore = tmpdir();
const [connector = '', wanted = '', ...words] = process.argv.slice(2);
const transport = words[0] === 'pty' ? words.shift() : undefined;
const recipe = RECIPES[connector];
if (!recipe || !wanted)
  throw new Error(`Which connector (${Object.keys(RECIPES).join(', ')}), and where is its program?`);
const program = realpathSync(wanted);
const all: Record<string, ExampleCase> = { ...cases(recipe), ...(transport && recipe.pty?.cases) };
if (transport) for (const name of recipe.pty?.without ?? []) delete all[name];
const unknown = words.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(', ')}: ${Object.keys(all)}`);
for (const [name, told] of Object.entries(all))
  if (words.length === 0 || words.includes(name)) await record(transport ? `pty-${name}` : name, told);
process.exit(0);
