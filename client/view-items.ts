/**
 * What a session looks like to a person: the view that the fold (view.ts) makes of a journal. Every item carries a
 * `version` that grows when the item changes, so that whoever draws it may keep its drawing until then.
 */
import type {
  ContentBlock,
  ErrorObject,
  Form,
  FormContent,
  PermissionOption,
  SessionState,
} from '../proto/index.js';

interface Base {
  /** Unique in its view, and the same whenever the same events are folded. */
  id: string;
  version: number;
  /** Milliseconds since 1970, of its first event. */
  at: number;
}

/** A prompt of a person. `accepted` is not a state of its own: being in the journal is being accepted. */
export interface PromptItem extends Base {
  kind: 'prompt';
  turnId: string;
  /** The name of the client login that prompted; null when unknown. */
  by: string | null;
  state: 'queued' | 'running' | 'cancelling' | 'ended';
  content: ContentBlock[];
  text: string;
  /** When its turn began; null before. Milliseconds since 1970. */
  startedAt: number | null;
  /** The model that answers, as the agent names it; null where it does not say. */
  model: string | null;
  /** How its turn ended; null before. */
  end: TurnEndItem | null;
}

/** Words of the agent (or, replayed by it, of a person): all the chunks of one message. Text is as the agent said it, not sanitized. */
export interface TextItem extends Base {
  kind: 'message' | 'thought' | 'echo';
  messageId: string | null;
  text: string;
  /** More chunks may come: it is the newest message of a running turn. */
  open: boolean;
  /** How many tool calls it was said within: 0 for the agent itself, 1 for an agent that it started. */
  depth: number;
  /** Its text means what it shows, blanks and lines too; else it is markdown. */
  plain: boolean;
}

export type ToolStatus = 'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled';

export type ToolContent =
  | { type: 'text'; text: string }
  | { type: 'diff'; path: string; oldText: string | null; newText: string }
  | { type: 'terminal'; terminalId: string };

export interface ToolLocation {
  path: string;
  line: number | null;
}

/** What a tool call and a question about one have in common. */
export interface ToolFacts {
  toolCallId: string;
  title: string;
  /** ACP's ToolKind: read, edit, delete, move, search, execute, think, fetch, switch_mode, other. */
  toolKind: string;
  content: ToolContent[];
  locations: ToolLocation[];
  rawInput: unknown;
  rawOutput: unknown;
}

export interface ToolItem extends Base, ToolFacts {
  kind: 'tool';
  status: ToolStatus;
  endedAt: number | null;
  /** How many other calls it was made within. */
  depth: number;
}

export interface PlanEntry {
  content: string;
  priority: string;
  status: string;
}

export interface PlanItem extends Base {
  kind: 'plan';
  entries: PlanEntry[];
}

/** A permission question: open until it has its one answer. */
export interface ApprovalItem extends Base {
  kind: 'approval';
  requestId: string;
  /** How deep in other calls the call stands that is asked about. */
  depth: number;
  tool: ToolFacts;
  options: PermissionOption[];
  state: 'open' | 'selected' | 'cancelled' | 'failed';
  /** The option that was chosen. */
  chosen: PermissionOption | null;
  /** A client login's name, or `yolo`, `policy`, `cancel`; null while open. */
  by: string | null;
}

/** A form of the agent: open until it has its one answer. */
export interface FormItem extends Base {
  kind: 'form';
  requestId: string;
  depth: number;
  form: Form;
  state: 'open' | 'accepted' | 'declined' | 'cancelled' | 'failed';
  /** What was filled in; null where nothing was. */
  content: FormContent | null;
  /** A client login's name, or `policy`, `cancel`, `agent`; null while open. */
  by: string | null;
}

/** What waits for the answer of a person. */
export type QuestionItem = ApprovalItem | FormItem;

export interface NoticeItem extends Base {
  kind: 'notice';
  severity: 'info' | 'warning' | 'error';
  text: string;
}

/** Tokens of one turn, as far as the agent tells. */
export interface TurnUsage {
  inputTokens: number | null;
  outputTokens: number | null;
  totalTokens: number | null;
}

export interface TurnEndItem extends Base {
  kind: 'end';
  turnId: string;
  stopReason: string | null;
  error: Pick<ErrorObject, 'code' | 'message'> | null;
  /** Milliseconds from running to ended. */
  elapsedMs: number;
  usage: TurnUsage | null;
}

/** Something that this version does not know: kept, shown quietly. */
export interface OtherItem extends Base {
  kind: 'other';
  label: string;
  text: string;
}

export type Item =
  | PromptItem
  | TextItem
  | ToolItem
  | PlanItem
  | ApprovalItem
  | FormItem
  | NoticeItem
  | TurnEndItem
  | OtherItem;

export interface Command {
  name: string;
  description: string;
  hint: string | null;
}

/** The agent's context window; `used` is what it holds now. */
export interface ContextUsage {
  used: number;
  size: number;
  cost: { amount: number; currency: string } | null;
}

export interface Modes {
  current: string;
  available: { id: string; name: string }[];
}

export interface SessionFacts {
  sessionId: string;
  node: string;
  connector: string;
  /** What the agent calls itself, else its connector. */
  agent: string;
  cwd: string;
  yolo: boolean;
  title: string | null;
  state: SessionState;
  reason: string | null;
}

export interface SessionView {
  session: SessionFacts;
  items: Item[];
  /** Prompts that wait for the running one, oldest first; each becomes an item when its turn comes. */
  queue: PromptItem[];
  /** The prompt that runs. */
  running: PromptItem | null;
  /** The open questions, oldest first. */
  approvals: QuestionItem[];
  usage: ContextUsage | null;
  commands: Command[];
  modes: Modes | null;
  /** The agent's name of the model that it uses now. */
  model: string | null;
  /** Of the newest event. */
  seq: number;
  epoch: number;
  /** Grows with every event that changed something. */
  version: number;
}
