/** Completing paths: which directory's names are needed for what is being typed, and what they make of it. */
import { sanitizeLine } from '../client/index.js';
import type { Chat, Overlay, State } from './state.js';

/** The names in one directory, as far as they are known; `asked` while the node has not answered. */
export type Listing =
  | 'asked'
  | { names: readonly { name: string; isDirectory: boolean }[]; truncated: boolean };

export interface FilesWish {
  key: string;
  params: { path: string; prefix: string } & ({ sessionId: string } | { node: string });
}

/** Directories that are remembered; then the memory begins anew. */
const MAX_LISTINGS = 100;
/** Directories that the start form proposes. */
const MAX_PROPOSED = 5;

interface Place {
  /** A session's id or a node's name. */
  where: { sessionId: string } | { node: string };
  /** With its `/`. */
  directory: string;
  /** What is typed of the name. */
  start: string;
}

const split = (path: string): { directory: string; start: string } => {
  const at = path.lastIndexOf('/') + 1;
  return { directory: path.slice(0, at), start: path.slice(at) };
};

/** The word after an @ at the cursor. */
export function atWord({ draft }: Pick<Chat, 'draft'>): { start: number; end: number; path: string } | null {
  const path = /(?:^|\s)@(\S*)$/.exec(draft.text.slice(0, draft.cursor))?.[1];
  return path === undefined ? null : { start: draft.cursor - path.length - 1, end: draft.cursor, path };
}

const wishFor = ({ where, directory, start }: Place, narrow: boolean): FilesWish => {
  const prefix = narrow ? start : '';
  const params = { ...where, path: directory, prefix };
  return { key: JSON.stringify(params), params };
};

/** The listing to take for `place`: of the directory, or, where that has too many names, of those that begin so. */
function wishIn(state: State, place: Place): FilesWish {
  const whole = wishFor(place, false);
  const known = state.files.get(whole.key);
  const isCut = known !== undefined && known !== 'asked' && known.truncated && place.start !== '';
  return isCut ? wishFor(place, true) : whole;
}

function matches(state: State, place: Place): { name: string; isDirectory: boolean }[] {
  const listing = state.files.get(wishIn(state, place).key);
  if (listing === undefined || listing === 'asked') return [];
  const wanted = place.start.toLowerCase();
  // A name that one cannot type as a word, or that holds more than is seen, is not offered.
  return listing.names.filter(
    ({ name }) =>
      name.toLowerCase().startsWith(wanted) &&
      sanitizeLine(name) === name &&
      !/\s/.test(name) &&
      (name.startsWith('.') ? place.start.startsWith('.') : true),
  );
}

const placeInChat = (chat: Chat): Place | null => {
  const word = atWord(chat);
  return word && { where: { sessionId: chat.sessionId }, ...split(word.path) };
};

/** What may stand in the place of the word after @: `@path`, a directory's with `/`. */
export function filesFor(state: State, chat: Chat): { text: string; isDirectory: boolean }[] {
  const place = placeInChat(chat);
  if (!place) return [];
  return matches(state, place).map(({ name, isDirectory }) => ({
    text: `@${place.directory}${name}${isDirectory ? '/' : ''}`,
    isDirectory,
  }));
}

type Start = Extract<Overlay, { kind: 'start' }>;

const placeInStart = ({ node, cwd }: Start): Place | null =>
  cwd.text.startsWith('/') ? { where: { node }, ...split(cwd.text) } : null;

/** Directories for the start form: the recent ones of the node, then, once something is typed, those that begin so. */
export function directoriesFor(state: State, overlay: Start): string[] {
  if (!overlay.touched) {
    const used = [...state.sessions.values()]
      .filter((s) => s.node === overlay.node)
      .sort((a, b) => b.createdAt - a.createdAt)
      .map((s) => s.cwd);
    return [...new Set(used)].filter((cwd) => cwd !== overlay.cwd.text).slice(0, MAX_PROPOSED);
  }
  const place = placeInStart(overlay);
  if (!place) return [];
  return matches(state, place)
    .filter((m) => m.isDirectory)
    .map((m) => `${place.directory}${m.name}`)
    .filter((path) => path !== overlay.cwd.text)
    .slice(0, MAX_PROPOSED);
}

/** The directory whose names are needed now and were not asked for. */
export function wantedFiles(state: State): FilesWish | null {
  const { overlay } = state;
  const chat = state.current === null ? undefined : state.chats.get(state.current);
  const place =
    overlay?.kind === 'start' && overlay.touched && overlay.field === 'cwd'
      ? placeInStart(overlay)
      : overlay === null && state.focus === 'chat' && chat
        ? placeInChat(chat)
        : null;
  if (!place) return null;
  const wish = wishIn(state, place);
  return state.files.has(wish.key) ? null : wish;
}

export function withListing(state: State, key: string, listing: Listing): State {
  const known = state.files.size >= MAX_LISTINGS ? [] : state.files;
  return { ...state, files: new Map(known).set(key, listing) };
}
