-- opencode (https://opencode.ai), over its own ACP mode. What it asks for is in the person's own opencode.json.
local acp = host.library "acp"

return acp.agent {
  title = "opencode",
  program = "opencode",
  also = { "~/.opencode/bin/opencode" },
  tried = { "1.18.33", "2" },
  install = "npm install -g opencode-ai",
  setup = "run `opencode auth login` once on this node",
  args = { "acp" },
  env = { OPENCODE_DISABLE_AUTOUPDATE = "1" },
}
