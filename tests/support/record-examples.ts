/**
 * `npm run examples:record CONNECTOR PROGRAM`: records the examples of a connector from its real program, against the model stub, in a
 * home directory of its own. The examples are written anew; a diff shows what the program does differently.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../proto/index.js';
import { anthropic, openai, scripted, startStub } from '../stub/index.js';
import { type ExampleCase, runCase } from './examples.js';

type Steps = Parameters<typeof scripted>[number];

interface Recipe {
  vendor: typeof anthropic;
  /** What points the program at the stub. Writes its config into the home directory. */
  env(url: string, home: string): Record<string, string>;
  /** The model's call that makes a file, which needs a permission. */
  make(name: string): Steps[number];
  more: Record<string, ExampleCase>;
}

const RECIPES: Record<string, Recipe> = {
  'claude-code': {
    vendor: anthropic,
    env: (url) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'sk-ant-example-0123456789abcdef',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
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
      slash: { prompt: '/help' },
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
  ...more,
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

function shorten(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, LONG.has(key) ? 3 : undefined).map((item) => shorten(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shorten(item, name)]));
}

async function record(connector: string, program: string, name: string, told: ExampleCase): Promise<void> {
  const recipe = RECIPES[connector]!;
  const stub = await startStub(recipe.vendor);
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pxe-')));
  const home = join(dir, 'home');
  mkdirSync(join(dir, 'tmp'), { recursive: true });
  mkdirSync(home);
  Object.assign(process.env, { HOME: home, TMPDIR: join(dir, 'tmp'), ...recipe.env(stub.url, home) });
  const raw = join(dir, 'raw.jsonl');
  try {
    await runCase(connector, told, ['record', raw, program], dir);
    const text = readFileSync(raw, 'utf8')
      .replace(new RegExp(`${dir}/tmp/pxn-\\w+/work`, 'g'), '/project')
      .replaceAll(home, '/home/dev')
      .replaceAll(dir, '/tmp/dir');
    const heard = text
      .trim()
      .split('\n')
      .map((line) => JSON.stringify(shorten(JSON.parse(line))));
    const file = join(packageRoot, 'connectors', connector, 'examples', `${name}.jsonl`);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `${[JSON.stringify({ case: told }), ...heard].join('\n')}\n`);
    // What the connector makes of the shortened lines is what the test expects.
    const acp = await runCase(connector, told, ['replay', file], dir);
    const all = [
      JSON.stringify({ case: told }),
      ...heard,
      ...acp.map((frame) => JSON.stringify({ acp: frame })),
    ];
    writeFileSync(file, `${all.join('\n')}\n`);
    console.log(`${connector} ${name}: ${heard.length} lines, ${acp.length} frames`);
  } finally {
    await stub.close();
    process.env.TMPDIR = tmpdirBefore;
    rmSync(dir, { recursive: true, force: true });
  }
}

const tmpdirBefore = tmpdir();
const [connector = '', program = ''] = process.argv.slice(2);
const recipe = RECIPES[connector];
if (!recipe || !program)
  throw new Error(`Which connector (${Object.keys(RECIPES).join(', ')}), and where is its program?`);
for (const [name, told] of Object.entries(cases(recipe)))
  await record(connector, realpathSync(program), name, told);
process.exit(0);
