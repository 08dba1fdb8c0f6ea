/** The keys of the prompts that wait, while the agent works. */
import { expect, it } from 'vitest';
import { gone, type Person } from '../../support/person.js';
import { bytesOf, KEY } from '../../support/terminal.js';
import { said, type World } from './world.js';

/** The texts of the prompts that wait, in their order. */
const waiting = (text: string): string[] => [...text.matchAll(/queued {3}(\S+)/g)].map(([, word]) => word!);
const queue =
  (...words: string[]) =>
  (text: string) =>
    waiting(text).join() === words.join();
/** The waiting prompt that is chosen. */
const on = (word: string): RegExp => new RegExp(`▸ queued   ${word}`);

export function queues(w: World): void {
  const busy = async (): Promise<Person> => {
    const p = await w.enter();
    await p.start('Demo agent');
    await p.type(`/hang${KEY.enter}`, '◐ working');
    for (const [i, word] of ['one', 'two', 'three'].entries())
      await p.type(word + KEY.enter, queue(...['one', 'two', 'three'].slice(0, i + 1)));
    return p;
  };
  const into = (p: Person) => p.press('chat', 'alt+q', on('three'));

  it('chooses a waiting prompt, and goes back to the prompt', async () => {
    const p = await busy();
    await into(p);
    await p.press('queue', 'up', on('two'));
    await p.press('queue', 'down', on('three'));
    await p.press('queue', 'k', on('two'));
    await p.press('queue', 'j', on('three'));
    for (const key of ['escape', 'q', 'tab', 'alt+q']) {
      if (!on('three').test(p.text)) await p.type(bytesOf('alt+q'), on('three'));
      await p.press('queue', key, gone('▸ queued'));
    }
    await p.slash('queue', on('three'));
  });

  it('removes, reorders and edits what waits, and the agent gets it so', async () => {
    const p = await busy();
    await into(p);
    await p.press('queue', 'n', queue('three', 'one', 'two'));
    await p.press('queue', 'd', queue('one', 'two'));
    await p.press('queue', 'enter', '✎ editing  one');
    await p.press('editing', 'escape', gone('✎'));
    await p.type(bytesOf('alt+q'), on('two'));
    await p.press('queue', 'e', '✎ editing  two');
    await p.type(`${KEY.ctrl('u')}/say`, '✎ /say');
    await p.type(' words', '✎ /say words');
    await p.press('editing', 'enter', queue('one', '/say'));
    await p.type(`${bytesOf('alt+q')}k`, on('one'));
    await p.press('queue', 'delete', queue('/say'));
    await p.type(bytesOf('escape'), gone('▸ queued'));
    await p.type(KEY.ctrl('c'), said('words'));
  });

  it('cancels what runs for a prompt that must not wait', async () => {
    const p = await w.enter();
    await p.start('Demo agent');
    await p.type(`/hang${KEY.enter}`, '◐ working');
    await p.type('/say at once', '❯ /say at once');
    await p.press('chat', 'ctrl+x', said('at once'));
    await p.see('● idle');
    expect(p.text).toContain('⊘ cancelled');
    await p.type(`/hang${KEY.enter}`, '◐ working');
    await p.type(`/say first${KEY.enter}`, queue('/say'));
    await p.type(bytesOf('alt+q'), /▸ queued {3}\/say first/);
    await p.press('queue', '!', said('first'));
  });
}
