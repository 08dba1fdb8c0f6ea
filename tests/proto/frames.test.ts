import { describe, expect, it } from 'vitest';
import {
  errorLine,
  MAX_FRAME_BYTES,
  MAX_FRAME_DEPTH,
  PraxisError,
  parseFrame,
  praxisMeta,
  resultLine,
  sessionIdOf,
} from '../../proto/index.js';

const codeOf = (line: string): number => {
  try {
    parseFrame(line);
  } catch (error) {
    return (error as PraxisError).code;
  }
  throw new Error('the frame was taken');
};

describe('a frame', () => {
  it('is told apart by its shape: request, notification, result, error', () => {
    expect(parseFrame('{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}')).toMatchObject({
      kind: 'request',
      id: 0,
    });
    expect(parseFrame('{"jsonrpc":"2.0","method":"session/cancel"}')).toMatchObject({
      kind: 'notification',
      params: {},
    });
    expect(parseFrame('{"jsonrpc":"2.0","id":"a","result":null}')).toMatchObject({
      kind: 'response',
      id: 'a',
      result: null,
    });
    expect(parseFrame('{"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"no"}}')).toMatchObject({
      error: { code: 5 },
    });
  });

  it('keeps the id with its type, and the line as it was', () => {
    const line = '{ "jsonrpc" : "2.0", "id":"1", "method":"x", "type":"extra", "params":{"n":1.0} }';
    const frame = parseFrame(line);
    expect(frame).toMatchObject({ id: '1' });
    expect(frame.line).toBe(line);
  });

  it.each([
    ['what is not JSON', '{"jsonrpc"', -32700],
    ['an empty line', '', -32700],
    ['a batch', '[{"jsonrpc":"2.0","method":"x"}]', -32600],
    ['a bare value', '42', -32600],
    ['a missing version', '{"id":1,"method":"x"}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"x"}', -32600],
    ['an endless id', `{"jsonrpc":"2.0","id":"${'x'.repeat(300)}","method":"x"}`, -32600],
    ['neither method nor id', '{"jsonrpc":"2.0"}', -32600],
    ['a response without result and error', '{"jsonrpc":"2.0","id":1}', -32600],
    ['a number as method', '{"jsonrpc":"2.0","method":1}', -32600],
    ['a list as params', '{"jsonrpc":"2.0","method":"x","params":[1]}', -32600],
    [
      'a frame over the limit',
      `{"jsonrpc":"2.0","method":"x","params":{"t":"${'x'.repeat(MAX_FRAME_BYTES)}"}}`,
      1007,
    ],
  ])('is refused when it is %s', (_, line, code) => {
    expect(codeOf(line)).toBe(code);
  });

  it('is refused when it nests too deep, but brackets inside text do not count', () => {
    const deep = MAX_FRAME_DEPTH + 1;
    const frame = (inner: string) => `{"jsonrpc":"2.0","method":"x","params":{"v":${inner}}}`;
    expect(codeOf(frame('['.repeat(deep) + ']'.repeat(deep)))).toBe(-32600);
    expect(parseFrame(frame(`"${'[{\\"'.repeat(deep)}"`)).kind).toBe('notification');
  });

  it('never holds U+0000 but as an escape, which every database can keep', () => {
    const line = '{"jsonrpc":"2.0","method":"m","params":{"text":"ab"}}';
    for (let at = 0; at <= line.length; at++)
      expect(codeOf(`${line.slice(0, at)}\0${line.slice(at)}`)).toBe(-32700);
    const escaped = line.replace('ab', 'a\\u0000b');
    expect(parseFrame(escaped)).toMatchObject({ params: { text: 'a\0b' }, line: escaped });
  });

  it('names its session and our own meta only where they have the right form', () => {
    const frame = parseFrame(
      '{"jsonrpc":"2.0","method":"x","params":{"sessionId":"s","_meta":{"praxis":{"node":"n"}}}}',
    );
    expect(sessionIdOf(frame)).toBe('s');
    expect(praxisMeta((frame as { params: Record<string, unknown> }).params)).toEqual({ node: 'n' });
    expect(praxisMeta({ _meta: { praxis: 'n' } })).toBeUndefined();
    expect(praxisMeta({ _meta: null })).toBeUndefined();
  });

  it('is authored with null for an absent result, and without the stack of an error', () => {
    expect(resultLine(1, undefined)).toBe('{"jsonrpc":"2.0","id":1,"result":null}');
    expect(errorLine('a', new Error('boom'))).toBe(
      '{"jsonrpc":"2.0","id":"a","error":{"code":-32603,"message":"boom","data":{"by":"praxis"}}}',
    );
    expect(errorLine(1, new PraxisError(1001, 'gone', { node: 'n' }))).toContain('"data":{"node":"n"}');
  });
});
