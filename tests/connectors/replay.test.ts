/** What real programs once said makes the frames that it made then, without the programs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

  it('of claude-code: what a helper in the background asks is asked again when its turn is over', async () => {
    const example = recorded.find(({ name }) => name === 'background')!;
    const entries: { to?: object; from?: { type: string } }[] = readFileSync(example.file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const end = entries.findIndex(({ from }) => from?.type === 'result');
    const asks = entries.findIndex(({ from }) => from?.type === 'control_request');
    // The helper asks first, and the turn ends when somebody has seen it.
    const request = { request: { mode: 'plan', subtype: 'set_permission_mode' }, request_id: 'praxis-1-2' };
    const response = { subtype: 'success', request_id: 'praxis-1-2', response: { mode: 'plan' } };
    entries.splice(
      end,
      0,
      ...entries.splice(end + 1, asks - end),
      { to: { ...request, type: 'control_request' } },
      { from: { type: 'control_response', response } as { type: string } },
    );
    const early = join(dir, 'early.jsonl');
    writeFileSync(early, entries.map((entry) => JSON.stringify(entry)).join('\n'));
    const frames = (await runCase('claude-code', example.case, ['replay', early], dir, {
      beforeAnswer: async (node) => {
        const { params } = await node.waitFor('session/request_permission');
        await node.ask('session/set_mode', { sessionId: params.sessionId, modeId: 'plan' });
        await node.waitFor('session/request_permission', 2);
      },
    })) as { method?: string; result?: { stopReason?: string }; params?: { update?: object } }[];
    const moments = frames.flatMap(({ method, result }) =>
      method === 'session/request_permission' ? ['asks'] : result?.stopReason ? [result.stopReason] : [],
    );
    expect(moments).toEqual(['asks', 'end_turn', 'asks', 'end_turn']);
    const failed = expect.objectContaining({ status: 'failed' });
    expect(frames.map(({ params }) => params?.update)).not.toContainEqual(failed);
    const wholes = withWholeTexts(frames) as Chunk[];
    expect(wholes.flatMap(({ params }) => params?.update?.content?.text ?? [])).toEqual([
      'Started. ',
      'By the way: it has found nothing.',
      'ECHO: hello there',
    ]);
  });

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
