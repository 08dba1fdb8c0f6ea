/**
 * Agents' programs that are as small as a process can be, in sh, so that a thousand of them fit beside what is measured. They
 * answer what opens a session, and then wait.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Answers initialize and session/new, which are the requests 1 and 2 on its pipe. */
export const ACP_IDLE = `#!/bin/sh
read -r line
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{}}}'
read -r line
echo '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}'
while read -r line; do :; done
`;

/** Claude Code's version, its login; on a terminal the report that it is idle, else the answer to `initialize` of its stream-json. */
const CLAUDE_IDLE = `#!/bin/sh
[ "$1" = --version ] && exec echo 2.1.329
[ "$1" = auth ] && exec echo '{"loggedIn":true}'
if [ -t 0 ]; then
  printf '\\033]7501;state=idle\\033\\\\'
else
  read -r line
  id=\${line#*'"request_id":"'}
  id=\${id%%'"'*}
  answer='"commands":[],"models":[],"current_permission_mode":"default","claude_code_version":"2.1.329"'
  echo '{"type":"control_response","response":{"subtype":"success","request_id":"'"$id"'","response":{'"$answer"'}}}'
fi
while read -r line; do :; done
`;

/** Codex's version; its app-server as far as it is asked whether somebody is logged in; on a terminal its thread's id and that it is idle. */
const CODEX_IDLE = `#!/bin/sh
[ "$1" = --version ] && exec echo codex-cli 0.169.0
if [ -t 0 ]; then
  printf '\\033]0;%s\\007\\033]7501;state=idle\\033\\\\' "$(cat /proc/sys/kernel/random/uuid)"
fi
while read -r line; do
  id=\${line#*'"id":"'}
  [ "$id" = "$line" ] || echo '{"id":"'"\${id%%'"'*}"'","result":{"requiresOpenaiAuth":false}}'
done
`;

/** Shows a prompt on its terminal. */
const TERMINAL_IDLE = `#!/bin/sh
printf 'ready> '
while read -r line; do printf '%s\\nready> ' "$line"; done
`;

/** Writes all into a folder, as `idle-acp`, `claude`, `codex` and `idle-terminal`. Returns the folder. */
export function writeIdleAgents(root: string): string {
  const folder = join(root, 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'idle-acp'), ACP_IDLE, { mode: 0o755 });
  writeFileSync(join(folder, 'claude'), CLAUDE_IDLE, { mode: 0o755 });
  writeFileSync(join(folder, 'codex'), CODEX_IDLE, { mode: 0o755 });
  writeFileSync(join(folder, 'idle-terminal'), TERMINAL_IDLE, { mode: 0o755 });
  return folder;
}
