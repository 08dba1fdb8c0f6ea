-- Codex. `stream` is its app-server, JSON-RPC lines on stdio; `pty` is the interactive program on a terminal.

local install, app_server = host.library "install", host.library "app_server"

local LOGIN_HOLDS_MS = 600000

-- Asking takes some time, so that a yes holds for a while.
local function logged_in(context, path)
  local key = "logged in " .. path
  if host.recall(key, LOGIN_HOLDS_MS) then return true end
  local server = app_server.start(context, path, false, function() end)
  local yes = server:logged_in()
  server.process:stop()
  if yes then host.remember(key, true) end
  return yes
end

return {
  transports = { "stream", "pty" },

  detect = function(context)
    local found = install.find()
    if not found then return { title = "Codex", status = "missing", hint = install.MISSING } end
    local told = { title = "Codex", version = found.version, status = "ready" }
    if not logged_in(context, found.path) then told.status, told.hint = "needs_setup", install.NOT_LOGGED_IN end
    return told
  end,
}
