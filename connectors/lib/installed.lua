-- A program of this machine. `about` has its `title`; `program`, its name, and `also`, further paths; how it is installed (`install`);
-- and perhaps the arguments that make it tell its `version`, and the versions that Praxis was `tried` with.

-- Where installers put programs that a node, started by a service manager, has not in its PATH.
local FOLDERS = { "~/.local/bin/", "/usr/local/bin/", "/opt/homebrew/bin/", "~/.npm-global/bin/", "~/.bun/bin/", "~/.volta/bin/" }

-- Milliseconds that a program has to tell its version.
local VERSION_MS = 10000

-- { path, version }, or nil.
local function find(about)
  local names = { about.program }
  for _, path in ipairs(about.also or {}) do names[#names + 1] = path end
  for _, folder in ipairs(FOLDERS) do names[#names + 1] = folder .. about.program end
  return host.program { names = names, version = about.version or { "--version" }, ms = VERSION_MS }
end

-- What a person does about a program that is not there.
local function missing(about)
  return ("%s was not found, or may not be executed. Install it on the node: %s"):format(about.program, about.install)
end

-- As find, for a session: an error when there is none.
local function required(about)
  return find(about) or error { code = 1003, message = missing(about) }
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

-- A sentence about a version that was not tried; nil for one that was. `about.tried` has the first version and the one below which they all are.
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

-- Tells the session of a version that was not tried: it runs all the same.
local function warn_if_untried(session, about, version)
  local text = version and doubt(about, version)
  if text then session:warn(text) end
end

return { find = find, missing = missing, required = required, doubt = doubt, warn_if_untried = warn_if_untried }
