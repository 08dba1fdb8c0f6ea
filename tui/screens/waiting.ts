/** Prompts that are not in the transcript yet: on their way, or accepted and waiting for their turn. Each says how far it is. */
import { type PromptItem, sanitizeLine } from '../../client/index.js';
import { fitted, type Line, span } from '../draw/line.js';
import { chosenWaiting } from '../queue.js';
import type { Chat, State } from '../state.js';

/** Prompts that are shown by a line each: while one looks elsewhere, and while one chooses among them. */
const MAX_SHOWN = 3;
const MAX_CHOOSING = 8;
/** Characters of a prompt that a line could hold. */
const MAX_TEXT = 500;

const words = (text: string): string => sanitizeLine(text.slice(0, MAX_TEXT));

/** At most `rows` of them. */
export function waitingLines(state: State, chat: Chat, width: number, rows: number): Line[] {
  const chosen = chosenWaiting(chat);
  const queued = chat.view.queue.map((p) => queuedLine(chat, p, p === chosen));
  const isAway = state.link.kind !== 'connected';
  const sending = chat.sending.map(
    (s): Line => [span(isAway ? '↑ unsent   ' : '↑ sending  ', 'warning'), span(words(s.text), 'dim')],
  );
  const all = [...queued, ...sending];
  if (rows < 1) return [];
  const most = Math.min(chosen ? MAX_CHOOSING : MAX_SHOWN, rows);
  // How many there are takes a line too.
  const room = all.length > most && most === rows ? Math.max(1, rows - 1) : most;
  const at = chosen ? chat.view.queue.indexOf(chosen) : 0;
  const top = Math.max(0, Math.min(at - room + 1, all.length - room));
  const shown = all.slice(top, top + room).map((l) => fitted(l, width));
  if (all.length > room && room < rows) shown.push([span(`  ${all.length} in all`, 'dim')]);
  return shown;
}

function queuedLine(chat: Chat, prompt: PromptItem, isChosen: boolean): Line {
  const isEdited = chat.editing?.turnId === prompt.turnId;
  const mark = isChosen ? '▸' : isEdited ? '✎' : '✓';
  return [
    span(`${mark} ${isEdited ? 'editing ' : 'queued  '} `, isEdited ? 'warning' : 'accent'),
    span(words(prompt.text), isChosen ? 'selected' : 'dim'),
  ];
}
