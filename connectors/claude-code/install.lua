-- Where Claude Code is on this machine, and what is known of it before it is started.

local installed = host.library "installed"

local ABOUT = {
  title = "Claude Code",
  program = "claude",
  also = { "~/.claude/local/claude" },
  install = "npm install -g @anthropic-ai/claude-code",
  tried = { "2.1", "3" },
}
local PROBE_MS, LOGIN_HOLDS_MS = 10000, 600000

-- Asking takes a good part of a second, so that a yes holds for some time.
local function logged_in(path)
  local key = "logged in " .. path
  if host.recall(key, LOGIN_HOLDS_MS) then return true end
  local probe = host.process { command = { path, "auth", "status", "--json" } }
  local text = {}
  for line in function() return probe:read_line(PROBE_MS) end do table.insert(text, line) end
  probe:stop()
  local ok, status = pcall(json.decode, table.concat(text, "\n"))
  if ok and status.loggedIn == false then return false end
  host.remember(key, true)
  return true
end

-- Claude refuses to bypass its questions as root, unless it is told that it is in a sandbox. Then the node answers them.
local function may_bypass() return host.uid() ~= 0 or host.env("IS_SANDBOX") == "1" end

return {
  MISSING = installed.missing(ABOUT),
  find = function() return installed.find(ABOUT) end,
  required = function() return installed.required(ABOUT) end,
  logged_in = logged_in,
  may_bypass = may_bypass,
  version_warning = function(session, version) installed.warn_if_untried(session, ABOUT, version) end,
}
