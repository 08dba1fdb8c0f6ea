/**
 * An agent's program that streams at a bounded rate and is as small as a process can be, in bash, so that hundreds of them fit beside what is
 * measured. It answers every prompt with numbered chunks and waits without starting a process.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Requests have the ids 1, 2, 3 ... on its pipe: initialize, session/new, and its prompts. Ends when its input ends. */
const program = (chunks: number, pauseSeconds: number) => `#!/bin/bash
read -r line
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{}}}'
read -r line
echo '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}'
head='{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"'
id=3
while read -r line; do
  for ((i = 1; i <= ${chunks}; i++)); do
    echo "$head$i\\"}}}}"
    read -r -t ${pauseSeconds} line
    [ $? -gt 128 ] || exit
  done
  echo '{"jsonrpc":"2.0","id":'$id',"result":{"stopReason":"end_turn"}}'
  id=$((id + 1))
done
`;

/** Writes it into a folder. Returns the file. */
export function writeStreamingAgent(root: string, chunks: number, pauseSeconds: number): string {
  mkdirSync(root, { recursive: true });
  const file = join(root, 'streaming-acp');
  writeFileSync(file, program(chunks, pauseSeconds), { mode: 0o755 });
  return file;
}
