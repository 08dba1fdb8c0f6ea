-- Claude Code behind the adapter claude-agent-acp (https://github.com/agentclientprotocol/claude-agent-acp), which brings
-- its own Claude Code. The connector claude-code drives the program itself.
local acp = host.library "acp"

return acp.agent {
  title = "Claude Code (ACP adapter)",
  program = "claude-agent-acp",
  tried = { "0.100.0", "1" },
  install = "npm install -g @agentclientprotocol/claude-agent-acp@latest",
  setup = "run `claude` once on this node and log in",
}
