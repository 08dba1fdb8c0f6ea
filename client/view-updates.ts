/**
 * Folds what an agent says (`session/update`, https://agentclientprotocol.com/protocol/v1/schema) into items: chunks
 * gathered into messages, tool calls made and changed by their id, plans and lists replaced.
 */
import type { Draft } from './view.js';
import type { NoticeItem, PlanItem, TextItem, ToolItem, ToolStatus } from './view-items.js';
import {
  blockText,
  commands,
  type Fields,
  fields,
  isFields,
  locations,
  modelOf,
  number,
  parentOf,
  planEntries,
  text,
  toolContent,
} from './view-read.js';

const STATUSES: readonly string[] = ['pending', 'in_progress', 'completed', 'failed', 'cancelled'];
const SEVERITIES: readonly string[] = ['info', 'warning', 'error'];

/** Calls within calls that are told apart; deeper ones count as these. */
const MAX_DEPTH = 4;

/** A frame of an unknown kind is shown by this many characters at most. */
const MAX_OTHER = 2_000;

export class Updates {
  readonly #draft: Draft;
  readonly #texts = new Map<string, TextItem>();
  readonly #tools = new Map<string, ToolItem>();
  /** Tool calls of the running turn that have no final status. */
  readonly #unfinished = new Set<ToolItem>();
  /** Tool calls of the running turn: an id of an earlier turn may be used anew. */
  #turnTools = new Set<ToolItem>();
  #plan: PlanItem | null = null;
  #open: TextItem | null = null;

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  update(update: Fields) {
    const { view } = this.#draft;
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        return this.#chunk('message', update);
      case 'agent_thought_chunk':
        return this.#chunk('thought', update);
      case 'user_message_chunk':
        // During a turn it is the agent's echo of the prompt, which is there already.
        return view.running === null ? this.#chunk('echo', update) : undefined;
      case 'tool_call':
        return void this.tool(update, true);
      case 'tool_call_update':
        return void this.tool(update, false);
      case 'plan':
        return this.#planned(update);
      case 'available_commands_update':
        view.commands = commands(update.availableCommands);
        return;
      case 'current_mode_update':
        view.modes = { current: text(update.currentModeId) ?? '', available: view.modes?.available ?? [] };
        return;
      case 'session_info_update':
        if (update.title !== undefined && !this.#draft.named) view.session.title = text(update.title) ?? null;
        return;
      case 'usage_update':
        return this.#usage(update);
      case 'notice':
        return this.notice(
          update.severity,
          [text(update.title), text(update.description)].filter(Boolean).join(': '),
        );
      case 'config_option_update':
        return this.model(update);
      default:
        return this.other(text(update.sessionUpdate) ?? 'session/update', update);
    }
  }

  #chunk(kind: TextItem['kind'], update: Fields): void {
    const said = blockText(update.content);
    const messageId = text(update.messageId) ?? null;
    const depth = this.#depth(update);
    const { plain } = this.#draft;
    const known = messageId === null ? this.#last(kind, depth) : this.#texts.get(`${kind} ${messageId}`);
    if (known) {
      known.text += said;
      this.#draft.touch(known);
      if (this.#open !== known) this.#settleText();
      this.#reopen(known);
      return;
    }
    // A chunk of white space alone begins no message: some agents send one before every tool call. In plain text it may be a blank line.
    if (said.trim() === '' && !(plain && said !== '')) return;
    this.#settleText();
    const item: TextItem = this.#draft.add({ kind, messageId, text: said, open: false, depth, plain });
    if (messageId !== null) this.#texts.set(`${kind} ${messageId}`, item);
    this.#reopen(item);
  }

  #reopen(item: TextItem): void {
    item.open = this.#draft.view.running !== null;
    this.#open = item;
  }

  /** How deep in other calls something was said. The call of a parent that was never announced counts as one. */
  #depth(update: Fields): number {
    const parent = parentOf(update);
    return parent === undefined ? 0 : Math.min(MAX_DEPTH, (this.#tools.get(parent)?.depth ?? 0) + 1);
  }

  #last(kind: TextItem['kind'], depth: number): TextItem | undefined {
    const last = this.#draft.view.items.at(-1);
    if (last?.kind !== kind) return undefined;
    const { depth: before, plain } = last as TextItem;
    return before === depth && plain === this.#draft.plain ? (last as TextItem) : undefined;
  }

  #settleText(): void {
    const open = this.#open;
    this.#open = null;
    if (!open?.open) return;
    open.open = false;
    this.#draft.touch(open);
  }

  /**
   * Makes or changes the tool call that `update` names. Only given members change; lists replace. An announcement under an
   * id of an earlier turn is a new call; a change of an unknown id makes the call.
   */
  tool(update: Fields, announced: boolean): ToolItem | null {
    const toolCallId = text(update.toolCallId);
    if (toolCallId === undefined) return null;
    let item = this.#tools.get(toolCallId);
    if (item === undefined || (announced && !this.#turnTools.has(item))) {
      this.#settleText();
      item = this.#draft.add({
        kind: 'tool',
        toolCallId,
        title: text(update.name) ?? 'Tool call',
        toolKind: 'other',
        status: 'pending',
        content: [],
        locations: [],
        rawInput: null,
        rawOutput: null,
        endedAt: null,
        depth: this.#depth(update),
      });
      this.#tools.set(toolCallId, item);
      this.#turnTools.add(item);
    }
    // A call may be known from a question before the agent says within which other one it is.
    if (item.depth === 0) item.depth = this.#depth(update);
    item.title = text(update.title) ?? item.title;
    item.toolKind = text(update.kind) ?? item.toolKind;
    item.content = toolContent(update.content) ?? item.content;
    item.locations = locations(update.locations) ?? item.locations;
    if (update.rawInput !== undefined) item.rawInput = update.rawInput;
    if (update.rawOutput !== undefined) item.rawOutput = update.rawOutput;
    const status = text(update.status);
    if (status !== undefined && STATUSES.includes(status)) this.#status(item, status as ToolStatus);
    else if (item.status === 'pending') this.#unfinished.add(item);
    this.#draft.touch(item);
    return item;
  }

  #status(item: ToolItem, status: ToolStatus): void {
    item.status = status;
    if (status === 'pending' || status === 'in_progress') {
      this.#unfinished.add(item);
      return;
    }
    this.#unfinished.delete(item);
    item.endedAt = this.#draft.at;
  }

  #planned(update: Fields): void {
    const entries = planEntries(update.entries);
    if (this.#plan) {
      this.#plan.entries = entries;
      this.#draft.touch(this.#plan);
    } else if (entries.length > 0) {
      this.#settleText();
      this.#plan = this.#draft.add({ kind: 'plan', entries });
    }
  }

  /** What the agent says of its model; nothing said changes nothing. */
  model(said: unknown): void {
    const { view } = this.#draft;
    view.model = modelOf(said) ?? view.model;
    if (view.running === null || view.running.model === view.model) return;
    view.running.model = view.model;
    this.#draft.touch(view.running);
  }

  #usage(update: Fields): void {
    const used = number(update.used);
    const size = number(update.size);
    if (used === undefined || size === undefined) return;
    const cost = fields(update.cost);
    const amount = number(cost.amount);
    this.#draft.view.usage = {
      used,
      size,
      cost: amount === undefined ? null : { amount, currency: text(cost.currency) ?? 'USD' },
    };
  }

  notice(severity: unknown, said: string): void {
    if (said === '') return;
    const known = typeof severity === 'string' && SEVERITIES.includes(severity);
    this.#settleText();
    this.#draft.add({
      kind: 'notice',
      severity: known ? (severity as NoticeItem['severity']) : 'info',
      text: said,
    });
  }

  /** Something of an unknown kind: kept, so that nothing an agent said is lost to the person. */
  other(label: string, value: unknown): void {
    const { sessionUpdate: _, sessionId: __, ...rest } = isFields(value) ? value : {};
    this.#settleText();
    this.#draft.add({ kind: 'other', label, text: JSON.stringify(rest).slice(0, MAX_OTHER) });
  }

  /** A turn begins: its tool calls and its plan are its own. */
  beginTurn(): void {
    this.#settleText();
    this.#turnTools = new Set();
    this.#plan = null;
  }

  /** A turn has ended: what it left unfinished will not be finished. */
  endTurn(): void {
    this.#settleText();
    for (const item of this.#unfinished) {
      item.status = 'cancelled';
      item.endedAt = this.#draft.at;
      this.#draft.touch(item);
    }
    this.#unfinished.clear();
  }

  /** The agent's process is another one: its ids mean other things. */
  newEpoch(): void {
    this.#texts.clear();
    this.#tools.clear();
  }
}
