/** What the agents of the scripted client do: what a prompt's first word says, at once or when told. */

interface Update {
  sessionUpdate: string;
  title?: string;
  [more: string]: unknown;
}

/** A turn, as its agent has it. */
export interface Stage {
  /** False once the turn was cancelled. */
  readonly running: boolean;
  say(text: string): void;
  update(update: Update): void;
  /** The option that was chosen; null: the turn was cancelled. */
  ask(toolCall: object, options: readonly object[]): Promise<string | null>;
  end(): void;
}

const OPTIONS = [
  { optionId: 'once', name: 'Allow once', kind: 'allow_once' },
  { optionId: 'always', name: 'Allow always', kind: 'allow_always' },
  { optionId: 'no', name: 'Reject', kind: 'reject_once' },
];

const QUESTION = {
  title: 'Change greeting.ts',
  kind: 'edit',
  content: [
    {
      type: 'diff',
      path: '/home/me/greeting.ts',
      oldText: "export const greet = (name: string) => {\n  return 'Hello ' + name;\n};\n",
      newText: "export const greet = (name: string) => {\n  return 'Good morning ' + name;\n};\n",
    },
  ],
};

/** Does what the first word of `text` says, and ends the turn. */
export async function act(stage: Stage, text: string): Promise<void> {
  const [word = '', ...rest] = text.split(' ');
  switch (word) {
    case 'wait':
      // Until it is cancelled.
      stage.say('Partial words that stay. ');
      return;
    case 'stream':
      return stream(stage, Number(rest[0] ?? 200));
    case 'ask': {
      stage.say('I would like to change a file.');
      const chosen = await stage.ask(QUESTION, OPTIONS);
      if (!stage.running) return;
      stage.say(`You chose ${chosen}.`);
      break;
    }
    case 'escape':
      stage.say('before \x1b]0;EVIL TITLE\x07\x1b]52;c;RVZJTA==\x07\x1b[2J\x1b[Hafter \u009b31mend\r\n');
      break;
    case 'tour':
      tour(stage);
      break;
    case 'length':
      stage.say(`The prompt had ${text.length} characters, ${text.split('\n').length} lines.`);
      break;
    default:
      stage.say(`You said: ${text}`);
  }
  stage.end();
}

function stream(stage: Stage, chunks: number): void {
  let n = 0;
  const timer = setInterval(() => {
    if (!stage.running) return clearInterval(timer);
    n++;
    stage.say(`word${n} `);
    if (n < chunks) return;
    clearInterval(timer);
    stage.end();
  }, 2);
}

/** Everything that a chat can show, in one turn. */
function tour(stage: Stage): void {
  const update = (u: { sessionUpdate: string; title?: string; [more: string]: unknown }) => stage.update(u);
  const tool = (toolCallId: string, more: object) =>
    update({ sessionUpdate: 'tool_call', toolCallId, ...more });
  update({ sessionUpdate: 'session_info_update', title: 'Greet by time of day' });
  update({
    sessionUpdate: 'agent_thought_chunk',
    content: { type: 'text', text: 'The greeting is in one place, so one edit is enough.' },
  });
  update({
    sessionUpdate: 'plan',
    entries: [
      { content: 'Read the greeting', priority: 'high', status: 'completed' },
      { content: 'Change it', priority: 'high', status: 'in_progress' },
      { content: 'Run the tests', priority: 'medium', status: 'pending' },
    ],
  });
  tool('t1', {
    title: 'Read greeting.ts',
    kind: 'read',
    status: 'completed',
    locations: [{ path: '/home/me/greeting.ts' }],
  });
  tool('t2', { title: 'Search "greet("', kind: 'search', status: 'completed' });
  tool('t3', {
    title: 'npm test',
    kind: 'execute',
    status: 'failed',
    rawInput: { command: 'npm test' },
    content: [
      {
        type: 'content',
        content: { type: 'text', text: '1 failing\n  greets by name: expected "Hello Ada"' },
      },
    ],
  });
  tool('t4', {
    title: 'Edit greeting.ts',
    kind: 'edit',
    status: 'completed',
    content: [{ type: 'diff', path: '/home/me/greeting.ts', oldText: 'a\nb\n', newText: 'a\nc\nd\n' }],
  });
  update({
    sessionUpdate: 'usage_update',
    used: 23_400,
    size: 200_000,
    cost: { amount: 0.12, currency: 'USD' },
  });
  stage.say(
    [
      'The greeting now follows the **time of day**:',
      '',
      '1. `greet()` takes the hour',
      '2. before noon it says *Good morning*',
      '',
      '```ts',
      "const greet = (name: string, hour = 9) => (hour < 12 ? 'Good morning ' : 'Hello ') + name;",
      '```',
      '',
      '| hour | greeting |',
      '|------|----------|',
      '| 9 | Good morning |',
      '| 15 | Hello |',
      '',
      'One test still expects the old text. 你好 👍',
    ].join('\n'),
  );
}
