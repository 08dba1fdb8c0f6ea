/** Folds permission questions: asked, answered once by somebody, or answered at once by YOLO or a policy. */
import type { Draft } from './view.js';
import type { ApprovalItem, ToolFacts } from './view-items.js';
import { type Fields, fields, isFields, permissionOptions, text } from './view-read.js';
import type { Updates } from './view-updates.js';

const PERMISSION = 'session/request_permission';
/** A form or a page to fill in. */
const FORM = 'elicitation/create';
const FORM_WORDS = 'The agent asks with a form, which only an editor that shows forms can answer';

export class Requests {
  readonly #draft: Draft;
  readonly #updates: Updates;

  constructor(draft: Draft, updates: Updates) {
    this.#draft = draft;
    this.#updates = updates;
  }

  asked(requestId: string, method: string, params: Fields) {
    const { approvals } = this.#draft.view;
    if (method === FORM)
      return this.#updates.notice('warning', `${FORM_WORDS}: ${text(params.message) ?? method}`);
    if (method !== PERMISSION) return this.#updates.other(method, params);
    if (approvals.some((a) => a.requestId === requestId)) return;
    approvals.push(this.#approval(requestId, params));
  }

  resolved(params: Fields): void {
    const { approvals } = this.#draft.view;
    const at = approvals.findIndex((a) => a.requestId === params.requestId);
    if (at < 0) return;
    const [item] = approvals.splice(at, 1);
    this.#answer(item!, params);
  }

  answeredAtOnce(params: Fields) {
    const asked = fields(params.params);
    if (params.method !== PERMISSION) return this.#updates.other(text(params.method) ?? 'request', asked);
    this.#answer(this.#approval('', asked), params);
  }

  #approval(requestId: string, params: Fields): ApprovalItem {
    // The question's toolCall is an update like any other: some agents announce the call only here.
    const call = fields(params.toolCall);
    const tool = this.#updates.tool(call, false);
    const facts: ToolFacts = {
      toolCallId: tool?.toolCallId ?? '',
      title: tool?.title ?? text(call.title) ?? 'Permission',
      toolKind: tool?.toolKind ?? 'other',
      content: tool?.content ?? [],
      locations: tool?.locations ?? [],
      rawInput: tool?.rawInput ?? null,
      rawOutput: null,
    };
    return this.#draft.add({
      kind: 'approval',
      requestId,
      depth: tool?.depth ?? 0,
      tool: facts,
      options: permissionOptions(params.options),
      state: 'open',
      chosen: null,
      by: null,
    });
  }

  #answer(item: ApprovalItem, params: Fields): void {
    const outcome = fields(fields(params.result).outcome);
    item.by = text(params.by) ?? null;
    if (isFields(params.error)) item.state = 'failed';
    else if (outcome.outcome === 'selected') {
      item.state = 'selected';
      item.chosen = item.options.find((o) => o.optionId === outcome.optionId) ?? null;
    } else item.state = 'cancelled';
    this.#draft.touch(item);
  }
}
