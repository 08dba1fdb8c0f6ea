-- Where Codex is on this machine, and what is known of it before it is started.

local installed = host.library "installed"

local ABOUT = { title = "Codex", program = "codex", install = "npm install -g @openai/codex", tried = { "0.100", "1" } }

return {
  MISSING = installed.missing(ABOUT),
  NOT_LOGGED_IN = "Codex is not logged in: run `codex login` once on this node",
  find = function() return installed.find(ABOUT) end,
  required = function() return installed.required(ABOUT) end,
  version_warning = function(session, version) installed.warn_if_untried(session, ABOUT, version) end,
}
