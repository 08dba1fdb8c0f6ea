-- Qwen Code (https://github.com/QwenLM/qwen-code), over its own ACP mode.
local acp = host.library "acp"

return acp.agent {
  title = "Qwen Code",
  program = "qwen",
  tried = { "0.24.4", "1" },
  install = "npm install -g @qwen-code/qwen-code",
  setup = "run `qwen` once on this node and log in",
  args = { "--acp" },
  -- Its own first choice lets a model decide what needs a permission; a person decides here.
  mode = function(session) return session.yolo and "yolo" or "default" end,
}
