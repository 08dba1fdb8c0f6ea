/** A view as a markdown document: what `/transcript` saves and `praxis session show` prints. Terminal escapes are taken out. */
import { contentWords } from './form-words.js';
import { sanitize, sanitizeLine } from './sanitize.js';
import type {
  ApprovalItem,
  FormItem,
  Item,
  PromptItem,
  SessionView,
  ToolContent,
  ToolItem,
  TurnEndItem,
} from './view-items.js';

const TOOL_MARKS = { pending: '…', in_progress: '…', completed: '✔', failed: '✘', cancelled: '⊘' } as const;
const PLAN_MARKS = new Map([
  ['completed', '[x]'],
  ['in_progress', '[ ] ▸'],
]);

/** A fence longer than any run of backticks inside `text`, so that nothing can end it early. */
function fenced(text: string, language: string): string {
  const longest = text.match(/`+/g)?.reduce((most, run) => Math.max(most, run.length), 2) ?? 2;
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

const quoted = (text: string): string => text.replace(/^/gm, '> ');

function contentMarkdown(content: ToolContent): string {
  if (content.type === 'terminal') return `terminal ${sanitizeLine(content.terminalId)}`;
  if (content.type === 'text') return fenced(sanitize(content.text), 'text');
  const before =
    content.oldText === null
      ? []
      : sanitize(content.oldText)
          .split('\n')
          .map((l) => `-${l}`);
  const after = sanitize(content.newText)
    .split('\n')
    .map((l) => `+${l}`);
  return fenced([`--- ${sanitizeLine(content.path)}`, ...before, ...after].join('\n'), 'diff');
}

function toolMarkdown(item: ToolItem): string {
  const head = `${TOOL_MARKS[item.status]} **${sanitizeLine(item.title)}** (${item.status.replace('_', ' ')})`;
  return [head, ...item.content.map(contentMarkdown)].join('\n\n');
}

function approvalMarkdown(item: ApprovalItem): string {
  const title = sanitizeLine(item.tool.title);
  if (item.state === 'open') return `❓ **${title}**: waits for an answer`;
  const answer = item.chosen ? sanitizeLine(item.chosen.name) : item.state;
  return `❓ **${title}**: ${answer}${item.by === null ? '' : ` (by ${sanitizeLine(item.by)})`}`;
}

function formMarkdown(item: FormItem): string {
  const by = item.by === null ? '' : ` (by ${sanitizeLine(item.by)})`;
  const head = `❓ **${sanitizeLine(item.form.message)}**: ${item.state === 'open' ? 'waits for an answer' : item.state}${by}`;
  const answers = contentWords(item.form, item.content ?? {}).map(
    ({ title, words }) => `- ${sanitizeLine(title)}: ${sanitizeLine(words)}`,
  );
  return [head, ...(answers.length > 0 ? [answers.join('\n')] : [])].join('\n\n');
}

/** `1.4 s`, `2 min 3 s`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function endMarkdown(item: TurnEndItem): string {
  const how = item.error
    ? `failed: ${sanitizeLine(item.error.message)} (${item.error.code})`
    : sanitizeLine(item.stopReason ?? 'ended');
  const tokens = item.usage?.totalTokens ?? null;
  return `*${how} after ${duration(item.elapsedMs)}${tokens === null ? '' : `, ${tokens} tokens`}*`;
}

function promptMarkdown(item: PromptItem): string {
  return `## ${item.by === null ? 'Prompt' : sanitizeLine(item.by)}\n\n${sanitize(item.text)}`;
}

function itemMarkdown(item: Item): string {
  switch (item.kind) {
    case 'prompt':
      return promptMarkdown(item);
    case 'message':
      return item.plain ? fenced(sanitize(item.text), 'text') : sanitize(item.text).trim();
    case 'thought':
    case 'echo':
      return quoted(sanitize(item.text).trim());
    case 'tool':
      return toolMarkdown(item);
    case 'plan':
      return item.entries
        .map((e) => `- ${PLAN_MARKS.get(e.status) ?? '[ ]'} ${sanitizeLine(e.content)}`)
        .join('\n');
    case 'approval':
      return approvalMarkdown(item);
    case 'form':
      return formMarkdown(item);
    case 'notice':
      return `*${item.severity}: ${sanitizeLine(item.text)}*`;
    case 'end':
      return endMarkdown(item);
    case 'other':
      return `\`${sanitizeLine(item.label)}\``;
  }
}

/** The whole transcript of `view` as markdown, ending with a line feed. */
export function transcriptMarkdown(view: SessionView): string {
  const { session } = view;
  const head = [
    `# ${sanitizeLine(session.title ?? `Session ${session.sessionId}`)}`,
    `${sanitizeLine(session.agent)} on ${session.node} in \`${sanitizeLine(session.cwd)}\`, session ${session.sessionId}`,
  ];
  const waiting = view.queue.map((p) => `${promptMarkdown(p)}\n\n*queued*`);
  const agent = `## ${sanitizeLine(session.agent) || 'Agent'}`;
  const blocks = view.items.flatMap((item, i) => {
    const speaks = view.items[i - 1]?.kind === 'prompt' && item.kind !== 'prompt' && item.kind !== 'end';
    return speaks ? [agent, itemMarkdown(item)] : [itemMarkdown(item)];
  });
  return `${[...head, ...blocks, ...waiting].join('\n\n')}\n`;
}
