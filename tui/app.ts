/** Joins the parts: what the client and the terminal say goes through the reducer, what the reducer asks for is done here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, transcriptMarkdown } from '../client/index.js';
import { makeDirectory } from '../proto/index.js';
import { isFoldable } from './browse.js';
import { say } from './change.js';
import type { Effect, Message } from './effects.js';
import { editExternally } from './external-editor.js';
import type { InputEvent } from './input.js';
import { ItemLines } from './items/index.js';
import { scrolledBy } from './keyboard.js';
import { keyMap } from './keys.js';
import { Painter } from './painter.js';
import { rebound } from './rebind.js';
import { reduce } from './reduce.js';
import { drawScreen, linesOf, type Screen } from './screens/index.js';
import { currentMatch, hitOf } from './search.js';
import { type Selection, selectedText, withSelection } from './selection.js';
import { Service, sentence } from './service.js';
import { OpenSessions } from './sessions.js';
import { type Settings, writeSettings } from './settings.js';
import { BELL, clipboard, MAX_COPY_BYTES, notification, title } from './signals.js';
import {
  type Chat,
  currentChat,
  initialState,
  liveSessions,
  openQuestion,
  QUESTION_GUARD_MS,
  type State,
} from './state.js';
import type { Terminal } from './terminal.js';
import { type LinesOf, reveal, scroll } from './viewport.js';

/** Lines that a notch of the wheel scrolls. */
const WHEEL_LINES = 3;

export interface AppOptions {
  client: Client;
  /** Where transcripts go. */
  home: string;
  here: State['here'];
  settings: Settings;
  /** What is wrong with their file. */
  problem: string | null;
  env: NodeJS.ProcessEnv;
  now(): number;
}

interface ItemPlace {
  item: number;
  line: number;
}

function placeOfMatch(chat: Chat, lines: LinesOf): ItemPlace | null {
  const match = currentMatch(chat);
  if (!match || !chat.search) return null;
  const hit = hitOf(lines(chat.view.items[match.item]!), chat.search.query.text, match);
  return { item: match.item, line: hit?.line ?? 0 };
}

function placeOfItem(chat: Chat): ItemPlace | null {
  const asked = chat.target === 'question' ? chat.question?.requestId : undefined;
  const item = chat.view.items.findIndex((i) =>
    asked === undefined
      ? i.id === chat.browseAt
      : (i.kind === 'approval' || i.kind === 'form') && i.requestId === asked,
  );
  return item < 0 ? null : { item, line: 0 };
}

export class App {
  readonly #options: AppOptions;
  readonly #sessions: OpenSessions;
  readonly #service: Service;
  readonly #store = new Map<string, ItemLines>();
  readonly #painter: Painter;
  readonly #unsubscribe: (() => void)[];
  readonly #ticker: NodeJS.Timeout;
  #pressed: Selection | null = null;
  #selection: Selection | null = null;
  #terminal: Terminal | null = null;
  #state: State;
  #screen: Screen | null = null;
  #finish: () => void = () => undefined;
  /** Resolves when the person leaves. */
  readonly finished: Promise<void>;

  /** Whether the service was there when it was heard of last. */
  get connected(): boolean {
    return this.#state.link.kind === 'connected';
  }

  constructor(options: AppOptions) {
    const { client, here, now, settings, problem } = options;
    this.#options = options;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#state = initialState({
      me: client.address.split('.')[0]!,
      here,
      link: client.link,
      columns: 80,
      rows: 24,
      settings,
      mouse: settings.mouse,
    });
    const { bindings, problems } = rebound(settings.keys);
    this.#state = { ...this.#state, keys: keyMap(bindings) };
    const wrong = problem ?? (problems.length > 0 ? `tui.json: ${problems.join('; ')}.` : null);
    if (wrong !== null) this.#state = say(this.#state, wrong, now(), 'warning');
    this.#painter = new Painter({
      now: () => performance.now(),
      set: (run, ms) => setTimeout(run, ms),
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
      soon: queueMicrotask,
      paint: (hurried) => this.#paint(hurried),
    });
    this.#sessions = new OpenSessions({
      client,
      opened: (sessionId, view) => this.#tell({ type: 'opened', sessionId, view }),
      changed: (sessionId) => this.#tell({ type: 'changed', sessionId }),
      caughtUp: (sessionId) => this.#tell({ type: 'caughtUp', sessionId }),
    });
    this.#service = new Service(client, this.#sessions, (message) => this.#tell(message));
    this.#unsubscribe = [
      client.onLink((link) => this.#tell({ type: 'link', link })),
      client.onNodes((nodes) => this.#tell({ type: 'nodes', nodes })),
      client.onSessions((sessions) => this.#tell({ type: 'sessions', sessions, whole: false })),
    ];
    // Seconds that are counted on the screen, and lines on it that go by themselves.
    this.#ticker = setInterval(() => this.#tell({ type: 'tick' }), 1_000);
    this.#now = now;
  }

  readonly #now: () => number;

  /** Draws on `terminal` from now on. */
  show(terminal: Terminal): void {
    this.#terminal = terminal;
    terminal.look(this.#state.settings);
    if (!this.#state.mouse) terminal.mouse(false);
    this.resized();
  }

  stop(): void {
    clearInterval(this.#ticker);
    for (const leave of this.#unsubscribe) leave();
    this.#painter.stop();
  }

  input(event: InputEvent) {
    if (event.type === 'wheel') return this.#scroll(event.direction * WHEEL_LINES);
    if (event.type === 'press' || event.type === 'drag' || event.type === 'release')
      return this.#pointed(event);
    if (event.type === 'key') {
      const page = Math.max(1, (this.#screen?.transcript?.height ?? 10) - 2);
      const rows = scrolledBy(this.#state, event.name, page);
      if (rows !== null) return this.#scroll(rows);
    }
    this.#tell({ type: 'input', event });
  }

  resized(): void {
    if (this.#terminal)
      this.#tell({ type: 'resized', columns: this.#terminal.columns, rows: this.#terminal.rows });
  }

  #tell(message: Message): void {
    const question = this.#question();
    const before = this.#state;
    const { state, effects } = reduce(before, message, this.#now());
    this.#state = state;
    for (const effect of effects) this.#do(effect);
    // The keys of a new question come alive after a moment, and the screen says so then.
    if (this.#question() !== question) setTimeout(() => this.#painter.request(), QUESTION_GUARD_MS).unref();
    if (message.type === 'input' || message.type === 'scrolled') this.#painter.hurry();
    // What a session says that nobody looks at changes nothing on the screen.
    else if (state !== before || message.type !== 'changed' || message.sessionId === state.current)
      this.#painter.request();
  }

  #question(): string | undefined {
    const chat = currentChat(this.#state);
    return chat && openQuestion(chat)?.requestId;
  }

  #lines(sessionId: string): ItemLines {
    let lines = this.#store.get(sessionId);
    if (!lines) {
      lines = new ItemLines(() => performance.now());
      this.#store.set(sessionId, lines);
    }
    return lines;
  }

  /** Whether something on the screen is older than the state. */
  #paint(hurried: boolean): boolean {
    const items = this.#lines(this.#state.current ?? '');
    items.hurried = hurried;
    items.isOld = false;
    this.#screen = drawScreen(this.#state, items, this.#now());
    items.hurried = false;
    const { lines } = this.#screen;
    const selection = this.#selection;
    const shown = selection ? withSelection(lines, selection, this.#state.columns) : lines;
    this.#terminal?.paint({ ...this.#screen, lines: shown });
    const live = liveSessions(this.#state);
    const count = (state: string) => live.filter((s) => s.state === state).length;
    this.#terminal?.title(title(count('waiting'), count('working')));
    return items.isOld;
  }

  #scroll(rows: number): void {
    const chat = currentChat(this.#state);
    const transcript = this.#screen?.transcript;
    if (!chat || !transcript) return;
    const lines = linesOf(this.#state, chat, this.#lines(chat.sessionId), transcript.width, this.#now());
    const anchor = scroll(chat.view.items, chat.anchor, rows, transcript.height, lines);
    this.#tell({ type: 'scrolled', sessionId: chat.sessionId, anchor });
  }

  /** The left button: a click opens or folds, a drag selects and copies. */
  #pointed({ type, row, column }: { type: 'press' | 'drag' | 'release'; row: number; column: number }): void {
    const { columns } = this.#state;
    const edge = this.#screen?.chatColumn ?? 0;
    if (type === 'press') {
      const pane = column < edge ? { left: 0, right: edge - 1 } : { left: edge + 1, right: columns };
      this.#pressed = { from: { row, column }, to: { row, column }, ...pane };
      return;
    }
    const pressed = this.#pressed;
    if (!pressed) return;
    if (type === 'drag') this.#selection = { ...pressed, to: { row, column } };
    else {
      if (this.#selection)
        this.#copy(selectedText(this.#screen?.lines ?? [], this.#selection), 'The selection');
      else this.#click(row, column);
      this.#selection = null;
      this.#pressed = null;
    }
    this.#painter.hurry();
  }

  #copy(text: string, what: string) {
    if (text === '') return;
    if (Buffer.byteLength(text) > MAX_COPY_BYTES)
      return this.#say(`${what} is longer than terminals take. /transcript saves everything.`, 'warning');
    this.#terminal?.send(clipboard(text, this.#options.env));
    this.#say(`${what} is on the clipboard, if the terminal allows that.`, 'info');
  }

  #save(settings: Settings): void {
    this.#terminal?.look(settings);
    try {
      writeSettings(this.#options.home, settings);
    } catch (error) {
      this.#say(`The settings cannot be saved: ${sentence(error)}`, 'bad');
    }
  }

  #edit(sessionId: string, text: string): void {
    const { env } = this.#options;
    this.#terminal
      ?.lend(() => editExternally(text, env))
      .then(
        (saved) => this.#tell({ type: 'edited', sessionId, text: saved }),
        (error: unknown) => this.#say(`The draft is as it was: ${sentence(error)}`, 'bad'),
      );
  }

  /** Scrolls to the match of the search, or to the item that is chosen. */
  #reveal(sessionId: string): void {
    const chat = this.#state.chats.get(sessionId);
    const transcript = this.#screen?.transcript;
    if (!chat || !transcript) return;
    const lines = linesOf(this.#state, chat, this.#lines(sessionId), transcript.width, this.#now());
    const place = chat.search ? placeOfMatch(chat, lines) : placeOfItem(chat);
    if (!place) return;
    const anchor = reveal(chat.view.items, place.item, place.line, transcript.height, lines);
    this.#tell({ type: 'scrolled', sessionId, anchor });
  }

  /** Columns of the list; all of them where it stands alone. */
  #listWidth(): number {
    const { columns, focus } = this.#state;
    const edge = this.#screen?.chatColumn ?? 0;
    return edge > 0 ? edge : focus === 'list' ? columns : 0;
  }

  #click(row: number, column: number) {
    const key = column < this.#listWidth() ? this.#screen?.list[row] : undefined;
    if (key) return this.#tell({ type: 'clicked', key });
    if (this.#state.focus === 'list' && this.#screen?.transcript) this.#tell({ type: 'clicked', key: null });
    const chat = currentChat(this.#state);
    const transcript = this.#screen?.transcript;
    if (!chat || !transcript || column < this.#screen!.chatColumn) return;
    const item = chat.view.items[transcript.visible.owners[row - transcript.top] ?? -1];
    if (isFoldable(item)) this.#tell({ type: 'toggled', sessionId: chat.sessionId, itemId: item.id });
  }

  #say(text: string, tone: 'info' | 'warning' | 'bad'): void {
    this.#tell({ type: 'said', text, tone });
  }

  #do(effect: Effect) {
    switch (effect.type) {
      case 'transcript':
        return this.#transcript(effect.sessionId);
      case 'reveal':
        return this.#reveal(effect.sessionId);
      case 'call':
        return this.#terminal?.send(
          (effect.bell ? BELL : '') + notification(effect.text, effect.notify, this.#options.env),
        );
      case 'copy':
        return this.#copy(effect.text, effect.what);
      case 'edit':
        return this.#edit(effect.sessionId, effect.text);
      case 'settings':
        return this.#save(effect.settings);
      case 'mouse':
        return this.#terminal?.mouse(effect.on);
      case 'suspend':
        return this.#terminal?.suspend();
      case 'quit':
        return this.#finish();
      default:
        return this.#service.do(effect);
    }
  }

  #transcript(sessionId: string): void {
    const view = this.#sessions.view(sessionId);
    if (!view) return;
    const folder = join(this.#options.home, 'transcripts');
    const stamp = new Date(this.#now()).toISOString().slice(0, 19).replaceAll(':', '');
    const file = join(folder, `${sessionId.slice(0, 8)}-${stamp}.md`);
    try {
      makeDirectory(folder);
      writeFileSync(file, transcriptMarkdown(view), { mode: 0o600 });
      this.#say(`The transcript is in ${file}`, 'info');
    } catch (error) {
      this.#say(`The transcript cannot be written: ${sentence(error)}`, 'bad');
    }
  }
}
