-- Codex behind the adapter codex-acp (https://github.com/agentclientprotocol/codex-acp), which brings its own Codex. The
-- connector codex drives the program itself.
local acp = host.library "acp"

return acp.agent {
  title = "Codex (ACP adapter)",
  program = "codex-acp",
  tried = { "2.6.0", "3" },
  install = "npm install -g @agentclientprotocol/codex-acp@latest",
  setup = "run `codex login` once on this node",
  -- Its own first choice lets a model review what needs a permission; a person decides here, or YOLO on the node. Its mode
  -- without a sandbox is never chosen: it reaches beyond the session's directory.
  mode = "workspace-write",
}
