/** What real programs once said makes the frames that it made then, without the programs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SchemaCheck } from '../support/acp-schema.js';
import { examples, runCase } from '../support/examples.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pxr-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const recorded = examples();

interface Chunk {
  params?: { update?: { sessionUpdate: string; messageId?: string; content?: { text?: string } } };
}

/** Where a terminal cuts the bytes of a program differs from run to run, and so do the pieces of one text. */
function withWholeTexts(frames: readonly unknown[]): unknown[] {
  const list: unknown[] = [];
  for (const frame of structuredClone(frames) as Chunk[]) {
    const update = frame.params?.update;
    const last = (list.at(-1) as Chunk | undefined)?.params?.update;
    const goesOn =
      update?.messageId !== undefined &&
      last?.sessionUpdate === update.sessionUpdate &&
      last.messageId === update.messageId;
    if (goesOn && last.content) last.content.text += update.content?.text ?? '';
    else list.push(frame);
  }
  return list;
}

describe('the recorded examples', () => {
  it('are there for the programs that Praxis drives itself', () => {
    const connectors = new Set(recorded.map(({ connector }) => connector));
    expect([...connectors]).toEqual(['claude-code', 'codex', 'pty']);
  });

  it.each(recorded.map((example) => [example.connector, example.name, example] as const))(
    'of %s: %s',
    async (connector, _name, example) => {
      const frames = await runCase(connector, example.case, ['replay', example.file], dir);
      const same = example.isTerminal ? withWholeTexts : (list: unknown[]) => list;
      expect(same(frames)).toEqual(same(example.acp));
      const check = new SchemaCheck();
      for (const frame of frames)
        if ('method' in (frame as object)) check.add('agent', JSON.stringify(frame));
      expect(check.problems).toEqual([]);
    },
  );

  it.each([
    ['claude-code', 'allowed'],
    ['claude-code', 'pty-allowed'],
    ['codex', 'allowed'],
    ['codex', 'pty-allowed'],
  ])(
    'of %s: %s goes on as it was when the script is made anew while a person is asked',
    async (connector, name) => {
      const example = recorded.find((each) => each.connector === connector && each.name === name)!;
      const frames = await runCase(connector, example.case, ['replay', example.file], dir, {
        beforeAnswer: async (node) => void (await node.prompt(await node.open('endless'), 'go')),
      });
      const kinds = (list: unknown[]) =>
        (list as { params?: { update?: { sessionUpdate: string } } }[]).map(
          ({ params }) => params?.update?.sessionUpdate ?? 'other',
        );
      expect(kinds(frames)).toEqual(kinds(example.acp));
      expect(frames.at(-1)).toMatchObject({ result: { stopReason: 'end_turn' } });
    },
  );
});
