-- Connectors for programs that speak ACP themselves: how each is found, which versions were tried, what it is started with.
-- `local acp = host.library "acp"`, then `return acp.agent { ... }`. docs/connectors.md tells what an agent may say of itself.

local installed = host.library "installed"

-- A value that may depend on the session.
local function of(value, session)
  if type(value) == "function" then return value(session) end
  return value
end

local function agent(about)
  return {
    detect = function()
      local found = installed.find(about)
      if not found then return { title = about.title, status = "missing", hint = installed.missing(about) } end
      return { title = about.title, version = found.version, status = "ready", hint = installed.doubt(about, found.version) }
    end,

    open = function(session)
      local found = installed.required(about)
      local command = { found.path }
      for _, argument in ipairs(of(about.args, session) or {}) do command[#command + 1] = argument end
      return {
        acp = { command = command, env = of(about.env, session) or {} },
        mode = of(about.mode, session),
        warning = installed.doubt(about, found.version),
        setup = about.setup,
        load_in_new_minute = about.load_in_new_minute,
      }
    end,
  }
end

return { agent = agent }
