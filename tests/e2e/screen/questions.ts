/** The keys that answer an agent: in place, and on the whole screen. */
import { expect, it } from 'vitest';
import { gone, type Person, type Seen } from '../../support/person.js';
import { KEY } from '../../support/terminal.js';
import { waitUntil } from '../../support/wait.js';
import { type Step, steps } from '../agents/scripted.js';
import { chosen, type World } from './world.js';

const KINDS = ['allow_once', 'allow_always', 'reject_once', 'reject_always'];

/** A question with these options. */
const question = (id: number, kinds = KINDS, lines = 3): Step => ({
  ask: JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'session/request_permission',
    params: {
      sessionId: '$SESSION',
      toolCall: {
        toolCallId: `call-${id}`,
        title: `Do thing ${id}`,
        kind: 'execute',
        status: 'pending',
        content: [
          {
            type: 'content',
            content: {
              type: 'text',
              text: Array.from({ length: lines }, (_, i) => `line ${i + 1}.`).join('\n'),
            },
          },
        ],
      },
      options: kinds.map((kind, i) => ({ optionId: `option-${i + 1}`, name: `Option ${i + 1}`, kind })),
    },
  }),
});

export function questions(w: World): void {
  const asks = async (list: Step[]): Promise<Person> => {
    const p = await w.enter();
    await p.start('Scripted', 'The agent is ready');
    p.terminal.paste(steps(...list));
    await p.type(KEY.enter, 'a Option 1');
    return p;
  };
  /** The keys of question `id` are in force. */
  const open =
    (id: number): Seen =>
    (text) =>
      text.includes(`Allow? Do thing ${id}`) && !text.includes('Tab to answer');

  it('answers in place with the key of each kind and of each further option', async () => {
    const letters = ['a', 'A', 'r', 'R'];
    // The first of a kind has its letter, each further one its number.
    const digits = ['2', '3', '4', '5', '6', '7', '8', '9', '0'];
    const list = [
      ...letters.map((_, i) => question(i + 1)),
      ...digits.map((_, i) => question(i + 5, Array(10).fill('allow_once'))),
    ];
    const p = await asks(list);
    await p.see(open(1));
    await p.press('question', '1', 'The agent does not offer that answer here.');
    for (const [i, key] of [...letters, ...digits].entries()) {
      const option = i < letters.length ? i + 1 : Number(key) || 10;
      await p.see(open(i + 1));
      await p.press('question', key, new RegExp(`Option ${option} \\(by \\w+\\): Do thing ${i + 1}\\b`));
      await p.see(`"optionId":"option-${option}"`);
    }
    await p.see('● idle');
  });

  it('gives the keys to the prompt and back, and never answers with what was typed', async () => {
    const p = await asks([question(1)]);
    await p.see(open(1));
    await p.press('question', 'tab', 'Tab to answer');
    await p.type('rather a letter', '❯ rather a letter');
    await p.press('chat', 'tab', open(1));
    await p.type('z', '❯ rather a letterz');
    expect(p.text).toContain('1 waiting');
    await p.type(`${KEY.tab}`, open(1));
    await p.type('r', '● idle');
  });

  it('shows all of it on the whole screen, to be read to its end', async () => {
    const p = await asks([question(1, KINDS, 80), question(2)]);
    await p.see(gone('Tab to answer'));
    await p.press('question', '+', '╭─ Allow?');
    await p.see('line 1.');
    for (const [down, up] of [
      ['down', 'up'],
      ['j', 'k'],
      ['pagedown', 'pageup'],
      [' ', 'pageup'],
    ] as const) {
      await p.press('full', down, gone('line 1.'));
      await p.press('full', up, 'line 1.');
    }
    for (const key of ['escape', '+', 'q', 'tab']) {
      if (!p.text.includes('╭─ Allow?')) await p.type('+', '╭─ Allow?');
      await p.press('full', key, gone('╭─ Allow?'));
    }
    await p.type('+', '╭─ Allow?');
    await p.type('a', (text) => !text.includes('╭─ Allow?') && text.includes('Do thing 2'));
  });

  it('fills in a form by keys alone, closes it without an answer and takes it up again', async () => {
    const p = await w.enter();
    await p.start('Demo agent', 'The agent is ready');
    p.terminal.paste('/form Tea or coffee?');
    await p.type(KEY.enter, 'Enter to fill it in');
    await p.press('form', 'tab', 'Tab to answer');
    await p.press('chat', 'tab', 'Enter to fill it in');
    await p.press('form', 'enter', '╭─ Tea or coffee?');
    const at =
      (what: string): Seen =>
      (text) =>
        text.includes(`▸ ${what}`);
    await p.type('Ada', '│ Ada');
    for (const [down, up] of [
      ['down', 'up'],
      ['tab', 'shift+tab'],
    ] as const) {
      await p.press('fields', down, at('│ 1'));
      await p.press('fields', up, at('│ Ada'));
    }
    await p.press('fields', 'enter', at('│ 1'));
    await p.press('fields', 'escape', 'Enter to fill it in');
    await p.type(KEY.enter, '│ Ada');
    await p.type(`${KEY.enter}${KEY.enter}`, at('( ) Tea'));
    await p.type(KEY.enter, at('[ ] milk'));
    await p.press('fields', ' ', '▸ [x] milk');
    for (let i = 0; i < 5; i++) p.terminal.type(KEY.down);
    await p.see(at('Send the answers'));
    await p.type(KEY.enter, /You answered name: Ada, cups: 1,\s+drink: tea, extras: milk\./);
    await p.see('✔ Answered (by ');
  });

  it('shows the questions of all sessions in the inbox, the oldest first, and answers them there', async () => {
    const waits = async (title: string, prompt: string) => {
      const sessionId = await w.session(title, prompt);
      await waitUntil(async () => (await w.client.findSession(sessionId)).state === 'waiting');
    };
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i + 1}.`).join('\\n');
    await waits('First', `/write long.txt ${lines}`);
    await waits('Second', '/ask May I?');
    const p = await w.enter();
    await p.see('2 waiting');
    const open = () => p.type(KEY.ctrl('n'), '╭─ 2 questions wait for you');
    await open();
    const oldest = (text: string) => chosen(text).startsWith('Write long.txt');
    const newest = (text: string) => chosen(text).startsWith('May I?');
    for (const [down, up] of [
      ['down', 'up'],
      ['j', 'k'],
      ['tab', 'shift+tab'],
    ] as const) {
      await p.press('inbox', down, newest);
      await p.press('inbox', up, oldest);
    }
    for (const key of ['pagedown', ' ']) {
      await p.press('inbox', key, gone('line 1.'));
      await p.press('inbox', 'pageup', 'line 1.');
    }
    for (const key of ['escape', 'q', 'ctrl+n']) {
      if (!p.text.includes('questions wait')) await open();
      await p.press('inbox', key, gone('questions wait'));
    }
    await open();
    await p.press('inbox', 'enter', /Demo agent +First/);
    await p.slash('inbox', '╭─ 2 questions wait for you');
    await p.type('j', newest);
    // A key is bold once it is in force.
    await p.see(() => p.terminal.isBold('a Allow'));
    await p.type('a', oldest);
    await p.see(() => p.terminal.isBold('r Reject'));
    p.terminal.type('r');
    await p.see('No session waits for you.');
    // The screen is ahead of the service, and its answer is on another connection than this question.
    await waitUntil(async () => (await w.client.listSessions()).every(({ state }) => state !== 'waiting'));
    await waits('Third', '/form Tea?');
    await p.see('▸ Tea?');
    await p.press('inbox', 'f', '╭─ Tea?');
    for (let i = 0; i < 10; i++) p.terminal.type(KEY.down);
    await p.see('▸ Decline');
    await p.type(KEY.enter, 'No session waits for you.');
  });
}
