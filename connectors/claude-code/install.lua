-- Where Claude Code is on this machine, and what is known of it before it is started.

local MISSING = "claude was not found, or may not be executed. Install it on the node: npm install -g @anthropic-ai/claude-code"
local MIN_VERSION = { 2, 1 }
local PROBE_MS, LOGIN_HOLDS_MS = 10000, 600000

local function find()
  local names = { "claude", "~/.local/bin/claude", "~/.claude/local/claude", "/usr/local/bin/claude", "~/.npm-global/bin/claude" }
  return host.program { names = names, version = { "--version" }, ms = PROBE_MS }
end

-- Asking takes a good part of a second, so that a yes holds for some time.
local function logged_in(path)
  local key = "claude-code logged in " .. path
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

-- The program for a session. An error when there is none.
local function required()
  return find() or error { code = 1003, message = MISSING }
end

-- Claude refuses to bypass its questions as root, unless it is told that it is in a sandbox. Then the node answers them.
local function may_bypass() return host.uid() ~= 0 or host.env("IS_SANDBOX") == "1" end

local function version_warning(session, version)
  local major, minor = tostring(version):match("^(%d+)%.(%d+)")
  if not major then return end
  local is, least = tonumber(major) * 1000 + tonumber(minor), MIN_VERSION[1] * 1000 + MIN_VERSION[2]
  if is < least then session:warn("Claude Code " .. version .. " is older than what Praxis was tested with (2.1)") end
end

return {
  MISSING = MISSING,
  find = find,
  required = required,
  logged_in = logged_in,
  may_bypass = may_bypass,
  version_warning = version_warning,
}
