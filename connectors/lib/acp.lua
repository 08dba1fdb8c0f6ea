-- Connectors for programs that speak ACP themselves: how each is found, which versions were tried, what it is started with.
-- `local acp = host.library "acp"`, then `return acp.agent { ... }`. docs/connectors.md tells what an agent may say of itself.

-- Where installers put programs that a node, started by a service manager, has not in its PATH.
local FOLDERS = { "~/.local/bin/", "/usr/local/bin/", "/opt/homebrew/bin/", "~/.npm-global/bin/", "~/.bun/bin/", "~/.volta/bin/" }

-- Milliseconds that a program has to tell its version.
local VERSION_MS = 10000

local function places(about)
  local list = { about.program }
  for _, path in ipairs(about.also or {}) do list[#list + 1] = path end
  for _, folder in ipairs(FOLDERS) do list[#list + 1] = folder .. about.program end
  return list
end

-- Is version a older than b? Both are numbers with dots between them.
local function older(a, b)
  local next_a, next_b = a:gmatch("%d+"), b:gmatch("%d+")
  while true do
    local x, y = next_a(), next_b()
    if not y then return false end
    local difference = tonumber(x or 0) - tonumber(y)
    if difference ~= 0 then return difference < 0 end
  end
end

-- A sentence about a version that was not tried; nil for one that was.
local function doubt(about, version)
  local from, below = table.unpack(about.tried)
  if not version then return about.title .. " did not tell its version; Praxis was tried with " .. from .. " and later" end
  if older(version, from) then
    return ("%s %s is older than %s, the oldest that Praxis was tried with: %s"):format(about.title, version, from, about.install)
  end
  if not older(version, below) then
    return ("%s %s is newer than what Praxis was tried with (below %s)"):format(about.title, version, below)
  end
end

-- A value that may depend on the session.
local function of(value, session)
  if type(value) == "function" then return value(session) end
  return value
end

local function agent(about)
  local function find()
    return host.program { names = places(about), version = about.version or { "--version" }, ms = VERSION_MS }
  end

  return {
    detect = function()
      local found = find()
      if not found then
        local hint = ("%s was not found, or may not be executed. Install it on the node: %s"):format(about.program, about.install)
        return { title = about.title, status = "missing", hint = hint }
      end
      return { title = about.title, version = found.version, status = "ready", hint = doubt(about, found.version) }
    end,

    open = function(session)
      local found = find()
      if not found then
        error { code = 1003, message = ("%s was not found on the node. Install it there: %s"):format(about.program, about.install) }
      end
      local command = { found.path }
      for _, argument in ipairs(of(about.args, session) or {}) do command[#command + 1] = argument end
      return {
        acp = { command = command, env = of(about.env, session) or {} },
        mode = of(about.mode, session),
        warning = doubt(about, found.version),
        setup = about.setup,
        load_in_new_minute = about.load_in_new_minute,
      }
    end,
  }
end

return { agent = agent }
