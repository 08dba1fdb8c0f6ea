/** The real screen over the scripted client: a program for a terminal. `EVENTS=n` loads a session of n events first, `SESSIONS=1` has others live. */
import { runTui } from '../../tui/index.js';
import { LOST_NODE, NODE, ScriptedClient } from './scripted-client.js';

const client = new ScriptedClient([NODE, LOST_NODE]);
const events = Number(process.env.EVENTS ?? 0);
if (events > 0) {
  const sessionId = client.addSession({ title: 'A long session' });
  for (let i = 0; i < events; i++) {
    if (i % 50 === 0)
      client.update(sessionId, {
        sessionUpdate: 'tool_call',
        toolCallId: `t${i}`,
        title: `Tool ${i}`,
        status: 'completed',
      });
    else
      client.update(sessionId, {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: i % 50 === 1 ? `\n\n# Part ${i}\n\n` : `some words of part ${i} ` },
      });
  }
}
if (process.env.SESSIONS) {
  client.addSession({
    title: 'Upgrade the compiler',
    node: 'build-box',
    agent: 'Claude Code',
    createdAt: Date.now() - 8_000_000,
  });
  client.addSession({ title: 'Find the flaky test', agent: 'Codex', createdAt: Date.now() - 300_000_000 });
}
if (process.env.CRASH)
  setTimeout(() => {
    throw new Error('a crash on request');
  }, 500);
if (process.env.LINK)
  client.setLink({
    kind: 'connecting',
    reason: 'the broker closed the connection',
    retryAt: Date.now() + 600_000,
  });
await runTui(client, {
  home: process.env.PRAXIS_HOME ?? '/tmp',
  here: { node: 'laptop', cwd: '/home/me/src' },
});
process.exit(0);
