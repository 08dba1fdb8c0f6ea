/** Folds what an agent asks of people, permission questions and forms: asked, answered once by somebody, or answered at once by YOLO or a policy. */
import { ELICITATION, type Form, readForm } from '../proto/index.js';
import type { Draft } from './view.js';
import type { ApprovalItem, FormItem, QuestionItem, ToolFacts } from './view-items.js';
import { type Fields, fields, formContent, isFields, permissionOptions, text } from './view-read.js';
import type { Updates } from './view-updates.js';

const PERMISSION = 'session/request_permission';
const ELSEWHERE = 'The agent asks in a way that only an editor can answer';

const FORM_STATES: Record<string, FormItem['state']> = {
  accept: 'accepted',
  decline: 'declined',
  cancel: 'cancelled',
};

export class Requests {
  readonly #draft: Draft;
  readonly #updates: Updates;

  constructor(draft: Draft, updates: Updates) {
    this.#draft = draft;
    this.#updates = updates;
  }

  asked(requestId: string, method: string, params: Fields) {
    const { approvals } = this.#draft.view;
    const form = readForm(method, params);
    if (!form && method === ELICITATION)
      return this.#updates.notice('warning', `${ELSEWHERE}: ${text(params.message) ?? method}`);
    if (!form && method !== PERMISSION) return this.#updates.other(method, params);
    if (approvals.some((a) => a.requestId === requestId)) return;
    approvals.push(form ? this.#form(requestId, form) : this.#approval(requestId, params));
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

  #form(requestId: string, form: Form): FormItem {
    return this.#draft.add({
      kind: 'form',
      requestId,
      depth: 0,
      form,
      state: 'open',
      content: null,
      by: null,
    });
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

  #answer(item: QuestionItem, params: Fields): void {
    const result = fields(params.result);
    item.by = text(params.by) ?? null;
    if (isFields(params.error)) item.state = 'failed';
    else if (item.kind === 'form') {
      item.state = FORM_STATES[text(result.action) ?? ''] ?? 'failed';
      item.content = item.state === 'accepted' ? formContent(result.content) : null;
    } else {
      const outcome = fields(result.outcome);
      item.state = outcome.outcome === 'selected' ? 'selected' : 'cancelled';
      item.chosen = item.options.find((o) => o.optionId === outcome.optionId) ?? null;
    }
    this.#draft.touch(item);
  }
}
