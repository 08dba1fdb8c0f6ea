-- Where Codex is on this machine, and what is known of it before it is started.

local MISSING = "codex was not found, or may not be executed. Install it on the node: npm install -g @openai/codex"
local NOT_LOGGED_IN = "Codex is not logged in: run `codex login` once on this node"
local MIN_VERSION = { 0, 100 }
local PROBE_MS = 10000

local function find()
  local names = { "codex", "~/.local/bin/codex", "/usr/local/bin/codex", "/opt/homebrew/bin/codex", "~/.npm-global/bin/codex" }
  return host.program { names = names, version = { "--version" }, ms = PROBE_MS }
end

-- The program for a session. An error when there is none.
local function required()
  return find() or error { code = 1003, message = MISSING }
end

local function version_warning(session, version)
  local major, minor = tostring(version):match("^(%d+)%.(%d+)")
  if not major then return end
  local is, least = tonumber(major) * 1000 + tonumber(minor), MIN_VERSION[1] * 1000 + MIN_VERSION[2]
  if is < least then session:warn("Codex " .. version .. " is older than what Praxis was tested with (0.169)") end
end

return {
  MISSING = MISSING,
  NOT_LOGGED_IN = NOT_LOGGED_IN,
  find = find,
  required = required,
  version_warning = version_warning,
}
