import { describe, expect, it } from 'vitest';
import { memberText, removeMember, replaceMember } from '../../proto/index.js';

describe('splicing a line', () => {
  it('changes the one member and no other byte', () => {
    const line =
      '{ "jsonrpc":"2.0" , "method":"session/update","params": {"update":{"sessionId":"s1","n":9007199254740993,"f":1.0,"e":"\\u00e9\\/"} , "sessionId" :  "s1" } }';
    expect(replaceMember(line, ['params', 'sessionId'], '"S"')).toBe(
      line.replace('"sessionId" :  "s1"', '"sessionId" :  "S"'),
    );
  });

  it('is not misled by braces, quotes and backslashes in text', () => {
    const line = '{"a":"}\\"{,\\\\","id":7,"b":[{"id":8},"]"]}';
    expect(replaceMember(line, ['id'], '"x"')).toBe('{"a":"}\\"{,\\\\","id":"x","b":[{"id":8},"]"]}');
  });

  it('takes the last of doubled keys, the one that a parser keeps, and reads escaped keys', () => {
    expect(memberText('{"id":1,"id":2}', ['id'])).toBe('2');
    expect(memberText('{"\\u0069d":3}', ['id'])).toBe('3');
  });

  it('leaves the line alone where there is no such member', () => {
    for (const line of ['{}', '{"params":null}', '{"params":[1]}', '{"params":"sessionId"}', '[1]', '3']) {
      expect(replaceMember(line, ['params', 'sessionId'], '1')).toBe(line);
      expect(removeMember(line, ['params', 'sessionId'])).toBe(line);
      expect(memberText(line, ['params', 'sessionId'])).toBeUndefined();
    }
  });

  it.each([
    ['{"a":1,"b":2}', 'a', '{"b":2}'],
    ['{"a":1,"b":2}', 'b', '{"a":1}'],
    ['{ "a" : {"x":[1,2]} }', 'a', '{  }'],
    ['{"a":1 , "b":2 , "c":3}', 'b', '{"a":1 , "c":3}'],
    ['{"a":1 , "b":2 }', 'b', '{"a":1  }'],
  ])('removes a member with its comma: %s without %s', (line, key, expected) => {
    expect(removeMember(line, [key])).toBe(expected);
    JSON.parse(removeMember(line, [key]));
  });

  it('agrees with a parser on thousands of random lines', () => {
    let seed = 7;
    const random = (n: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % n;
    };
    const value = (depth: number): unknown => {
      switch (random(depth > 3 ? 4 : 6)) {
        case 0:
          return random(1000) / 8;
        case 1:
          return '{"id":["\\ \u2028😀'.slice(random(8));
        case 2:
          return null;
        case 3:
          return random(2) === 0;
        case 4:
          return Array.from({ length: random(4) }, () => value(depth + 1));
        default:
          return Object.fromEntries(
            Array.from({ length: random(4) }, () => ['abcd'[random(4)]!, value(depth + 1)]),
          );
      }
    };
    for (let i = 0; i < 3_000; i++) {
      const object = { a: value(0), b: { c: value(0), d: value(0) }, ...(random(2) ? { e: value(0) } : {}) };
      const line = JSON.stringify(object, null, random(3));
      expect(JSON.parse(replaceMember(line, ['b', 'd'], '"new"'))).toEqual({
        ...object,
        b: { ...object.b, d: 'new' },
      });
      expect(JSON.parse(memberText(line, ['b', 'c'])!)).toEqual(JSON.parse(JSON.stringify(object.b.c)));
      expect(JSON.parse(removeMember(line, ['b', 'd']))).toEqual({ ...object, b: { c: object.b.c } });
    }
  });
});
