/**
 * Changes one member of a JSON line and leaves every other byte alone, numbers beyond 2^53, doubled keys and spacing
 * included. The line must be valid JSON (parseFrame has read it).
 */

type Span = { keyStart: number; start: number; end: number };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const isSpace = (c: number) => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The index after the string that begins at `at`. Jumps from quote to quote, since most of a frame is text. */
export function skipString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((quote - before) % 2 === 1) return quote + 1;
  }
}

function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return skipString(text, at);
  if (first !== 0x7b && first !== 0x5b) {
    while (at < text.length && !',]}'.includes(text[at]!) && !isSpace(text.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  for (let i = at; ; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = skipString(text, i) - 1;
    else if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      if (--depth === 0) return i + 1;
    }
  }
}

/** The last member of that name, since that is the one that JSON.parse keeps. */
function findMember(text: string, objectStart: number, key: string): Span | undefined {
  let found: Span | undefined;
  let at = skipSpace(text, objectStart + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = skipString(text, at);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, start);
    const name = text.slice(at + 1, keyEnd - 1);
    if (name === key || (name.includes('\\') && JSON.parse(text.slice(at, keyEnd)) === key))
      found = { keyStart: at, start, end };
    at = skipSpace(text, end);
    if (text[at] !== ',') break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

function locate(text: string, path: readonly string[]): Span | undefined {
  let span: Span = { keyStart: 0, start: skipSpace(text, 0), end: text.length };
  for (const key of path) {
    if (text[span.start] !== '{') return undefined;
    const member = findMember(text, span.start, key);
    if (!member) return undefined;
    span = member;
  }
  return span;
}

/** The line with the value at `path` replaced by `json`; the same line where there is no such member. */
export function replaceMember(line: string, path: readonly string[], json: string): string {
  const span = locate(line, path);
  return span ? line.slice(0, span.start) + json + line.slice(span.end) : line;
}

/** The line without the member at `path`; the same line where there is none. */
export function removeMember(line: string, path: readonly string[]): string {
  const span = locate(line, path);
  if (!span) return line;
  const after = skipSpace(line, span.end);
  if (line[after] === ',') return line.slice(0, span.keyStart) + line.slice(skipSpace(line, after + 1));
  let before = span.keyStart - 1;
  while (isSpace(line.charCodeAt(before))) before--;
  return line.slice(0, line[before] === ',' ? before : span.keyStart) + line.slice(span.end);
}

/** The JSON text at `path`, byte for byte; undefined where there is no such member. */
export function memberText(line: string, path: readonly string[]): string | undefined {
  const span = locate(line, path);
  return span && line.slice(span.start, span.end);
}

/** The line with `key` of the object at `path` set to `json`: replaced, or added in front. The object must be there. */
export function setMember(line: string, path: readonly string[], key: string, json: string): string {
  const object = locate(line, path);
  if (!object || line[object.start] !== '{') return line;
  const member = findMember(line, object.start, key);
  if (member) return line.slice(0, member.start) + json + line.slice(member.end);
  const rest = line.slice(object.start + 1);
  const comma = rest[skipSpace(rest, 0)] === '}' ? '' : ',';
  return `${line.slice(0, object.start + 1)}${JSON.stringify(key)}:${json}${comma}${rest}`;
}

/** The text without `_meta.praxis` of the object at `path`, and without `_meta` when nothing else was in it. */
export function withoutPraxis(text: string, path: readonly string[]): string {
  const meta = memberText(text, [...path, '_meta']);
  const rest = meta?.startsWith('{') ? removeMember(meta, ['praxis']) : meta;
  if (rest === undefined || rest === meta) return text;
  if (/^\{\s*\}$/.test(rest)) return removeMember(text, [...path, '_meta']);
  return replaceMember(text, [...path, '_meta'], rest);
}
