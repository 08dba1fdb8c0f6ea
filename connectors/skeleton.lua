-- A connector for an agent that speaks ACP on its stdio. docs/connectors.md tells what else a connector may do.
-- Try it with: praxis connector test ID
local acp = host.library "acp"

return acp.agent {
  title = "ID",

  -- The program's name, looked up in PATH and where installers put programs; `also` has further paths.
  program = "ID",
  also = { "~/tools/ID/bin/ID" },

  -- The arguments that make it print its version, and the versions you have tried: from the first, below the second. Others
  -- are started all the same, with a warning in the session.
  version = { "--version" },
  tried = { "1.0", "2" },

  -- What a person does when the program is missing, and when it wants a login.
  install = "see the agent's own page",
  setup = "run `ID` once on this node and log in",

  -- What the program is started with. Both may be functions of the session: cwd, yolo, interactive.
  args = { "--acp" },
  env = {},

  -- The agent's own mode in which a session begins, by its id; nil leaves its first choice.
  mode = function(session) return session.yolo and "yolo" or nil end,
}
