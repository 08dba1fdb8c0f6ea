/** What the screen asks the world to do. The reducer only names it; app.ts does it and reports back with messages. */
import type { LinkState, SessionView } from '../client/index.js';
import type { FormAnswer, NodeInfo, OpenApproval, SessionInfo } from '../proto/index.js';
import type { FilesWish, Listing } from './files.js';
import type { InputEvent } from './input.js';
import type { Settings } from './settings.js';
import type { Anchor } from './viewport.js';

export type QueueChange =
  | { kind: 'edit'; text: string }
  | { kind: 'remove' | 'next' }
  /** It goes before the others, and the turn that runs is cancelled. */
  | { kind: 'now'; running: string | null };

export type Effect =
  /** Null: as the node has it. */
  | {
      type: 'start';
      node: string;
      connector: string;
      cwd: string;
      yolo: boolean;
      promptTimeoutSecs: number | null;
      transport: string | null;
    }
  | { type: 'attach'; sessionId: string }
  /** `urgent`: it cancels what runs and goes before what waits. */
  | { type: 'prompt'; sessionId: string; text: string; ticket: number; urgent: boolean }
  /** Changes a prompt that waits. */
  | { type: 'queue'; sessionId: string; turnId: string; change: QueueChange }
  | { type: 'cancel'; sessionId: string }
  | { type: 'close'; sessionId: string }
  /** Takes an ended session out of the lists. */
  | { type: 'archive'; sessionId: string }
  | { type: 'answer'; sessionId: string; requestId: string; optionId: string }
  /** Reads the open questions of all sessions. */
  | { type: 'inbox' }
  /** Answers one of them; `hash` names the arguments that were shown. */
  | { type: 'choose'; requestId: string; optionId: string; hash: string }
  /** Answers a form; `hash` names what was shown, where that is known. */
  | { type: 'answerForm'; requestId: string; answer: FormAnswer; hash: string | null }
  /** Null gives the name back to the agent. */
  | { type: 'rename'; sessionId: string; title: string | null }
  | { type: 'refresh' }
  | { type: 'transcript'; sessionId: string }
  /** Scrolls to the match of the search, or to the item that is chosen. */
  | { type: 'reveal'; sessionId: string }
  /** Calls a person who looks elsewhere. */
  | { type: 'call'; text: string; bell: boolean; notify: Settings['notify'] }
  | { type: 'copy'; text: string; what: string }
  /** Lets the person write the draft in an editor of their own. */
  | { type: 'edit'; sessionId: string; text: string }
  | ({ type: 'files' } & FilesWish)
  | { type: 'mouse'; on: boolean }
  /** Saves the settings, and makes the terminal look like them. */
  | { type: 'settings'; settings: Settings }
  | { type: 'suspend' }
  | { type: 'quit' };

export type Message =
  | { type: 'link'; link: LinkState }
  | { type: 'nodes'; nodes: NodeInfo[] }
  /** `whole`: these are all; otherwise the ones that changed. */
  | { type: 'sessions'; sessions: SessionInfo[]; whole: boolean }
  /** A session was opened here; its view will be filled. */
  | { type: 'opened'; sessionId: string; view: SessionView }
  | { type: 'started'; sessionId: string }
  | { type: 'startFailed'; error: string }
  /** Events were folded into the view of the session. */
  | { type: 'changed'; sessionId: string }
  | { type: 'caughtUp'; sessionId: string }
  | { type: 'sent'; sessionId: string; ticket: number; turnId: string }
  | { type: 'accepted'; sessionId: string; ticket: number }
  | { type: 'refused'; sessionId: string; ticket: number; error: string }
  /** Null: they could not be read. */
  | { type: 'inbox'; questions: OpenApproval[] | null }
  | { type: 'chooseRefused'; requestId: string; error: string }
  | { type: 'editRefused'; sessionId: string; text: string; error: string }
  | { type: 'said'; text: string; tone: 'info' | 'warning' | 'bad' }
  | { type: 'files'; key: string; listing: Listing }
  | { type: 'edited'; sessionId: string; text: string }
  | { type: 'scrolled'; sessionId: string; anchor: Anchor }
  | { type: 'toggled'; sessionId: string; itemId: string }
  /** The mouse, on an entry of the list, or (null) on the chat. */
  | { type: 'clicked'; key: string | null }
  | { type: 'resized'; columns: number; rows: number }
  | { type: 'input'; event: InputEvent }
  | { type: 'tick' };

export interface Step<S> {
  state: S;
  effects: readonly Effect[];
}
