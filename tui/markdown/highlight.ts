/** Source code as styled lines: highlight.js tells the tokens, the theme's styles name their colours. */
import hljs from 'highlight.js/lib/common';
import type { Line, Span, Style } from '../draw/line.js';

/** Characters above which code is shown plain, so that a huge block does not stop the screen. */
const MAX_HIGHLIGHTED = 20_000;

const STYLES: Record<string, Style> = {
  keyword: 'keyword',
  built_in: 'type',
  type: 'type',
  class: 'type',
  literal: 'number',
  number: 'number',
  string: 'string',
  regexp: 'string',
  symbol: 'string',
  comment: 'comment',
  doctag: 'comment',
  meta: 'comment',
  title: 'name',
  function: 'name',
  name: 'name',
  attr: 'name',
  attribute: 'name',
  section: 'heading',
  addition: 'added',
  deletion: 'removed',
};

/** The part of highlight.js' result that its types leave open: a tree of scopes and text. */
interface Scope {
  scope?: string;
  children: (Scope | string)[];
}

function collect(node: Scope | string, style: Style, out: Span[]): void {
  if (typeof node === 'string') {
    out.push({ text: node, style });
    return;
  }
  const own = node.scope === undefined ? undefined : STYLES[node.scope.split('.')[0]!];
  for (const child of node.children) collect(child, own ?? style, out);
}

/** Spans that may hold line feeds, as lines. */
function splitLines(spans: readonly Span[]): Line[] {
  const lines: Span[][] = [[]];
  for (const { text, style } of spans) {
    text.split('\n').forEach((part, i) => {
      if (i > 0) lines.push([]);
      if (part !== '') lines.at(-1)!.push({ text: part, style });
    });
  }
  return lines;
}

/** `code` in the colours of `language`; plain when the language is unknown or the code is long. */
export function highlight(code: string, language: string): Line[] {
  if (code.length > MAX_HIGHLIGHTED || !hljs.getLanguage(language))
    return splitLines([{ text: code, style: 'text' }]);
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  const root = (result._emitter as unknown as { rootNode: Scope }).rootNode;
  const spans: Span[] = [];
  collect(root, 'text', spans);
  return splitLines(spans);
}
