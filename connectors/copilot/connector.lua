-- GitHub Copilot CLI (https://github.com/github/copilot-cli), over its own ACP mode.
local acp = host.library "acp"

return acp.agent {
  title = "GitHub Copilot",
  program = "copilot",
  tried = { "1.0.102", "2" },
  install = "npm install -g @github/copilot",
  setup = "run `copilot login` once on this node",
  args = function(session)
    local args = { "--acp", "--no-auto-update" }
    -- All tools, but no paths besides the session's directory: that would be --allow-all.
    if session.yolo then args[#args + 1] = "--allow-all-tools" end
    return args
  end,
}
