/**
 * Markdown as tokens, of text that an agent may have made to stop the screen: what nests deeper than anybody reads, and what marked
 * would read for seconds, is plain text.
 */
import { Lexer, type Token, type Tokens, type TokensList } from 'marked';

/** Quotes and lists in each other. marked calls itself for each level, and so does who draws them. */
const MAX_DEPTH = 24;

/** Characters of a paragraph in which marks are looked for: marked takes time by the square of them (4,000: 25 ms). */
const MAX_INLINE = 4_000;

const plainText = (src: string): Tokens.Text => ({ type: 'text', raw: src, text: src, escaped: false });

class BoundedLexer extends Lexer {
  #depth = 0;

  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped?: boolean): Token[] {
    if (this.#depth >= MAX_DEPTH) {
      tokens.push(plainText(src));
      return tokens;
    }
    this.#depth++;
    try {
      return super.blockTokens(src, tokens, lastParagraphClipped);
    } finally {
      this.#depth--;
    }
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (src.length <= MAX_INLINE) return super.inlineTokens(src, tokens);
    tokens.push(plainText(src));
    return tokens;
  }
}

/** The blocks of `text`; their `raw` texts together are `text`, with line feeds as line ends. */
export const markdownTokens = (text: string): Token[] => new BoundedLexer().lex(text);
