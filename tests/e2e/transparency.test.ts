/**
 * One agent, run directly and through Praxis by the same stock client, gives the same transcript, byte for byte, once the ids
 * that belong to a hop are masked: unknown fields, unknown kinds of updates, `_meta`, big numbers and odd spacing included.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AcpPeer } from '../support/acp-peer.js';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { agentLog, permissionQuestion, scriptedAgent, scriptedCommand, steps } from './agents/scripted.js';

const update = (text: string) =>
  `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"$SESSION","update":${text}}}`;

/** What an agent of the future, or of another vendor, may say. */
const ODD = [
  update(
    '{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"plain"},"messageId":"m-1"}',
  ),
  update('{"sessionUpdate":"vendor_surprise","deep":{"a":[1,{"b":null}],"t":true}}'),
  update('{"sessionUpdate":"agent_message_chunk","content":{"type":"hologram","data":"x"},"extra":1}'),
  update(
    '{"sessionUpdate":"usage_update","used":9007199254740993,"size":1e400,"cost":{"amount":0.10,"x":-0}}',
  ),
  update(
    '{"sessionUpdate":"tool_call","toolCallId":"t","title":"x","_meta":{"terminal_info":{"terminal_id":"1"}}}',
  ),
  '{ "jsonrpc" : "2.0" , "method":"session/update",  "params":{ "update":{"sessionUpdate":"plan","entries":[]} , "sessionId" : "$SESSION" } }',
  '{"method":"session/update","extra":{"root":1},"params":{"_meta":{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","tracestate":"a=b","other":{"k":[]}},"sessionId":"$SESSION","update":{"sessionUpdate":"agent_thought_chunk","content":{"type":"text","text":"t"}}},"jsonrpc":"2.0"}',
  update(
    `{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"sep\u2028para\u2029 \\u0000 \\ud83d\\ude00 😀 é \\/"}}`,
  ),
  update('{"sessionUpdate":"session_info_update","title":null,"title":"twice"}'),
  '{"jsonrpc":"2.0","method":"_vendor/notice","params":{"sessionId":"$SESSION","a":  [ 1,2 ]}}',
  '{"jsonrpc":"2.0","method":"session/surprise","params":{"sessionId":"$SESSION"}}',
];

const PROMPTS = [
  steps(...ODD.map((raw) => ({ raw }))),
  steps({ ask: permissionQuestion('string id') }, { ask: permissionQuestion(12) }),
  steps({ result: { stopReason: 'max_tokens', usage: { totalTokens: 3 }, _meta: { k: null } } }),
  steps({ fail: { code: -32000, message: 'log in: **now**', data: { a: [1, { b: 2 }], c: null } } }),
  steps({ say: 500 }),
];

/** A whole conversation; the lines that the client got after `initialize`. */
async function converse(peer: AcpPeer, cwd: string): Promise<string[]> {
  await peer.initialize();
  const from = peer.lines.length;
  const sessionId = await peer.newSession(cwd);
  for (const [i, prompt] of PROMPTS.entries()) {
    const id = ['text', 0, 9_007_199_254_740_991, '', -5][i]!;
    const blocks = [
      { type: 'text', text: prompt, annotations: { audience: ['user'] }, unknown: { x: 1 } },
      { type: 'resource_link', uri: 'file:///a', name: 'a', _meta: { n: 1 } },
    ];
    await peer.request(
      'session/prompt',
      { sessionId, prompt: blocks, _meta: { traceparent: '00-aa-bb-01' } },
      id,
    );
  }
  await peer.request('session/set_model', { sessionId, modelId: 'm', more: [null] }, 'model');
  await peer.request('_vendor/do', { sessionId, x: { y: 1.5 } }, 'vendor');
  await peer.request('session/set_mode', { sessionId, modeId: 'm' }, 'mode');
  return peer.lines.slice(from).map((line) => line.replaceAll(sessionId, 'SESSION'));
}

const allow = () => ({ result: { outcome: { outcome: 'selected', optionId: 'yes', _meta: { who: 'me' } } } });

/** The agent's own request ids belong to its hop: the service gives them new ones for its viewers. */
const maskRequestIds = (lines: string[]) =>
  lines.map((line) =>
    line.includes('"session/request_permission"')
      ? line.replace(/"id":(?:"[^"]*"|\d+)/, '"id":REQUEST')
      : line,
  );

overBothBrokers('a conversation through Praxis', (start) => {
  let system: System;
  const logOf = (root: string) => join(root, 'agent.log');
  beforeAll(async () => {
    system = await start({
      node: (root) => ({ agents: { scripted: scriptedAgent({ log: logOf(root) }) } }),
    });
  });
  afterAll(() => system.stop());

  it('is the one that the client would have had with the agent itself', async () => {
    const directLog = join(system.root, 'direct.log');
    const direct = new AcpPeer(scriptedCommand, {
      cwd: system.work,
      env: { ...system.env, AGENT_LOG: directLog },
      answer: allow,
    });
    const expected = await converse(direct, system.work);
    await direct.close();
    const peer = system.acp(['--connector', 'scripted'], { answer: allow });
    const got = await converse(peer, system.work);
    expect(await peer.close()).toBe(0);
    expect(maskRequestIds(got)).toEqual(maskRequestIds(expected));

    // What the agent heard, but for ids, which are numbers of the hop: prompts, answers, unknown methods.
    const heard = (log: string) =>
      agentLog(log, 'read')
        .filter((line) => !line.includes('"initialize"'))
        .map((line) => line.replace(/"id":(?:"[^"]*"|-?\d+),"method"/, '"id":ID,"method"'));
    expect(heard(logOf(system.root))).toEqual(heard(directLog));
    expect(readFileSync(directLog, 'utf8')).toContain('traceparent');
  });
});
