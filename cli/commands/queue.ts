/** `praxis session queue`: the prompts that wait in a session, seen and changed. */
import { sanitizeLine } from '../../client/index.js';
import type { ContentBlock, OpenTurn } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { UsageError } from '../exit.js';
import { type Io, json, say } from '../io.js';
import { onlyMatch } from '../prefix.js';
import { short, table, time } from '../table.js';
import { promptText } from './run.js';

export type QueueAction = 'list' | 'edit' | 'remove' | 'next';

const DONE = { edit: 'is changed', remove: 'is removed', next: 'is the next to run' } as const;

/** Characters of a prompt in the list. */
const SHOWN = 60;

export async function queue(
  io: Io,
  id: string,
  action: QueueAction,
  given: { turn?: string; prompt?: string },
  options: { json?: boolean },
): Promise<number> {
  if (action !== 'list' && given.turn === undefined)
    throw new UsageError(`Which prompt? praxis session queue ${id} list shows their ids`);
  const text = action === 'edit' ? await promptText(io, given.prompt) : '';
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    const { turns } = await within(client.call('_praxis/turn/list', { sessionId }));
    if (action === 'list') {
      if (options.json) json(io, turns);
      else for (const line of describe(turns)) say(io, line);
      return 0;
    }
    const { turnId } = onlyMatch(turns, (turn) => turn.turnId, given.turn!, 'waiting prompt');
    const prompt = action === 'edit' && { prompt: [{ type: 'text', text }] };
    await within(client.call(`_praxis/turn/${action}`, { sessionId, turnId, ...prompt }));
    if (options.json) json(io, { sessionId, turnId });
    else say(io, `The prompt ${short(turnId)} ${DONE[action]}.`);
    return 0;
  });
}

function describe(turns: readonly OpenTurn[]): string[] {
  if (turns.length === 0) return ['No prompt runs or waits.'];
  const rows = turns.map(({ turnId, state, by, at, prompt }) => [
    turnId,
    state,
    by,
    time(at),
    beginning(prompt),
  ]);
  return table(['TURN', 'STATE', 'BY', 'ACCEPTED', 'PROMPT'], rows);
}

function beginning(prompt: readonly ContentBlock[]): string {
  const words = prompt.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join(' ');
  const line = sanitizeLine(words);
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line;
}
