/** Inline markdown as spans. A link shows its address beside its text: what is clicked is what is read. */
import type { Token, Tokens } from 'marked';
import type { Span, Style } from '../draw/line.js';

/** marked escapes nothing in token text but leaves entities as they were written. */
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };
const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name]!);

export function inline(tokens: readonly Token[] | undefined, style: Style = 'text'): Span[] {
  return (tokens ?? []).flatMap((token) => one(token, style));
}

function one(token: Token, style: Style): Span[] {
  switch (token.type) {
    case 'strong':
      return inline(token.tokens, 'strong');
    case 'em':
      return inline(token.tokens, style === 'text' ? 'emphasis' : style);
    case 'del':
      return [{ text: '~', style: 'dim' }, ...inline(token.tokens, 'dim'), { text: '~', style: 'dim' }];
    case 'codespan':
      return [{ text: token.text, style: 'code' }];
    case 'br':
      return [{ text: '\n', style }];
    case 'link': {
      const { href, text, tokens } = token as Tokens.Link;
      const shown = inline(tokens, 'link');
      return href === text || href === `mailto:${text}`
        ? shown
        : [...shown, { text: ` (${href})`, style: 'dim' }];
    }
    case 'image':
      return [{ text: `[image: ${token.text || token.href}]`, style: 'link' }];
    case 'text':
      return 'tokens' in token && token.tokens
        ? inline(token.tokens, style)
        : // A line end inside a paragraph stays one, against CommonMark: agents mean those that they write, and a REPL says lines.
          [{ text: decode(token.text), style }];
    default:
      return [{ text: 'text' in token ? String(token.text) : token.raw, style }];
  }
}
