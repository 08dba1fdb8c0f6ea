-- A program of this machine. `about` has its `title`; `program`, its name, and `also`, further paths; how it is installed (`install`);
-- and perhaps the arguments that make it tell its `version`, and the oldest version that Praxis was `tried` with.

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

-- Tells the session that its program is older than all that was tried.
local function warn_if_old(session, about, version)
  if version and older(version, about.tried) then
    session:warn(("%s %s is older than %s, the oldest that Praxis was tried with"):format(about.title, version, about.tried))
  end
end

return { find = find, missing = missing, required = required, older = older, warn_if_old = warn_if_old }
