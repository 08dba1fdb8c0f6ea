-- Gemini CLI (https://github.com/google-gemini/gemini-cli), over its own ACP mode.
local acp = host.library "acp"

return acp.agent {
  title = "Gemini CLI",
  program = "gemini",
  tried = { "0.61.0", "1" },
  install = "npm install -g @google/gemini-cli",
  setup = "run `gemini` once on this node: it asks for a login and whether it may trust the folder",
  args = { "--acp" },
  env = function(session)
    -- Without the relaunch it starts faster, has no second process, and heeds SIGTERM.
    local env = { GEMINI_CLI_NO_RELAUNCH = "true" }
    -- It refuses its mode yolo in a folder that it does not trust. Whoever asks for YOLO trusts the folder, for this session only.
    if session.yolo then env.GEMINI_CLI_TRUST_WORKSPACE = "true" end
    return env
  end,
  -- It names a session's file by the minute, and a load in that minute writes it anew.
  load_in_new_minute = true,
  mode = function(session) return session.yolo and "yolo" or nil end,
}
