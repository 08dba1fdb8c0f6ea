/**
 * Finding words in a transcript: all of it, not only what is on the screen. What is searched is what items say; where a
 * match stands on the screen is known only once its item is drawn, so that a long transcript is searched without drawing it.
 */
import { contentWords, type Item, type SessionView, sanitize, type ToolFacts } from '../client/index.js';
import { type Line, lineText, type Span } from './draw/line.js';
import { type Editor, EMPTY_EDITOR } from './editor.js';
import type { Chat } from './state.js';

/** The `nth` occurrence in an item. */
export interface Match {
  item: number;
  id: string;
  nth: number;
}

export interface Search {
  query: Editor;
  /** Letters are written into the query; afterwards they move between the matches. */
  typing: boolean;
  matches: readonly Match[];
  current: number;
}

/** Matches that are counted; a person narrows the query long before. */
export const MAX_MATCHES = 10_000;

export const EMPTY_SEARCH: Search = { query: EMPTY_EDITOR, typing: true, matches: [], current: 0 };

const toolText = (tool: ToolFacts): string => {
  const content = tool.content.map((c) => {
    if (c.type === 'text') return c.text;
    return c.type === 'diff' ? `${c.path}\n${c.oldText ?? ''}\n${c.newText}` : c.terminalId;
  });
  const input = tool.rawInput === null || tool.rawInput === undefined ? '' : JSON.stringify(tool.rawInput);
  return [tool.title, input, ...content].join('\n');
};

/** What an item says, as it was said. */
export function textOf(item: Item): string {
  switch (item.kind) {
    case 'prompt':
    case 'message':
    case 'thought':
    case 'echo':
    case 'notice':
      return item.text;
    case 'tool':
      return toolText(item);
    case 'approval':
      return toolText(item.tool);
    case 'form':
      return [
        item.form.message,
        ...contentWords(item.form, item.content ?? {}).map((a) => `${a.title}: ${a.words}`),
      ].join('\n');
    case 'plan':
      return item.entries.map((e) => e.content).join('\n');
    case 'end':
      return item.error?.message ?? item.stopReason ?? '';
    case 'other':
      return `${item.label} ${item.text}`;
  }
}

/** Where `query` stands in `text`: without regard to case, unless it has a capital letter. */
export function occurrences(text: string, query: string): number[] {
  if (query === '') return [];
  const lower = query.toLowerCase();
  const lowered = lower === query ? text.toLowerCase() : text;
  // A few letters are longer in lower case; places in such a text would be wrong.
  const where = lowered.length === text.length ? lowered : text;
  const out: number[] = [];
  for (let at = where.indexOf(query); at >= 0; at = where.indexOf(query, at + query.length)) out.push(at);
  return out;
}

function findAll(view: SessionView, query: string): Match[] {
  const out: Match[] = [];
  for (const [item, it] of view.items.entries()) {
    const count = occurrences(sanitize(textOf(it)), query).length;
    for (let nth = 0; nth < count && out.length < MAX_MATCHES; nth++) out.push({ item, id: it.id, nth });
  }
  return out;
}

/** The search over what the transcript says now; it stays at its match, and a new one begins with the newest. */
export function searched(chat: Chat, search: Search): Search {
  const matches = findAll(chat.view, search.query.text);
  const before = search.matches[search.current];
  const same = matches.findIndex((m) => m.id === before?.id && m.nth === before.nth);
  return { ...search, matches, current: same >= 0 ? same : Math.max(0, matches.length - 1) };
}

export const currentMatch = ({ search }: Chat): Match | undefined => search?.matches[search.current];

export interface Hit {
  line: number;
  from: number;
}

/** The occurrences in drawn lines. One that is broken over two lines is not among them. */
export const hitsIn = (lines: readonly Line[], query: string): Hit[] =>
  lines.flatMap((l, line) => occurrences(lineText(l), query).map((from) => ({ line, from })));

/** Where `match` is in the lines of its item. */
export const hitOf = (lines: readonly Line[], query: string, match: Match): Hit | undefined => {
  const hits = hitsIn(lines, query);
  return hits[Math.min(match.nth, hits.length - 1)];
};

/** `l` with the occurrences of `query` marked, the one that begins at `current` more than the others. */
export function marked(l: Line, query: string, current: number | null): Line {
  const starts = occurrences(lineText(l), query);
  if (starts.length === 0) return l;
  const out: Span[] = [];
  let x = 0;
  for (const s of l) {
    let done = 0;
    for (const start of starts) {
      const from = Math.max(0, start - x);
      const to = Math.min(s.text.length, start + query.length - x);
      if (from >= to) continue;
      if (from > done) out.push({ text: s.text.slice(done, from), style: s.style });
      out.push({ text: s.text.slice(from, to), style: start === current ? 'found' : 'match' });
      done = to;
    }
    if (done < s.text.length) out.push({ text: s.text.slice(done), style: s.style });
    x += s.text.length;
  }
  return out;
}
