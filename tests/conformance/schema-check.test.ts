/** The check that the other suites rely on must itself be able to fail. */
import { expect, it } from 'vitest';
import { SchemaCheck, type Side } from '../support/acp-schema.js';

const problems = (...frames: [Side, unknown][]) => {
  const check = new SchemaCheck();
  for (const [from, frame] of frames)
    check.add(from, JSON.stringify({ jsonrpc: '2.0', ...(frame as object) }));
  return check.problems;
};

it('accepts a turn that keeps to ACP v1', () => {
  expect(
    problems(
      ['client', { id: 0, method: 'initialize', params: { protocolVersion: 1 } }],
      ['agent', { id: 0, result: { protocolVersion: 1 } }],
      ['client', { id: 1, method: 'session/new', params: { cwd: '/', mcpServers: [] } }],
      ['agent', { id: 1, result: { sessionId: 's' } }],
      [
        'agent',
        {
          method: 'session/update',
          params: {
            sessionId: 's',
            update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'x' } },
          },
        },
      ],
      ['agent', { method: '_praxis/turn', params: {} }],
    ),
  ).toEqual([]);
});

it.each<[string, [Side, unknown][]]>([
  ['params without a required member', [['client', { id: 1, method: 'session/new', params: { cwd: '/' } }]]],
  [
    'a result of the wrong method',
    [
      ['client', { id: 1, method: 'session/prompt', params: { sessionId: 's', prompt: [] } }],
      ['agent', { id: 1, result: { sessionId: 's' } }],
    ],
  ],
  ['an answer that nobody asked for', [['agent', { id: 9, result: {} }]]],
  [
    'an update of an unknown kind',
    [
      [
        'agent',
        { method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'surprise' } } },
      ],
    ],
  ],
  ['a method that ACP does not have', [['agent', { method: 'session/surprise', params: {} }]]],
  [
    'an error without a message',
    [
      ['client', { id: 1, method: 'session/new', params: { cwd: '/', mcpServers: [] } }],
      ['agent', { id: 1, error: { code: 1 } }],
    ],
  ],
])('reports %s', (_name, frames) => {
  expect(problems(...frames)).toHaveLength(1);
});
