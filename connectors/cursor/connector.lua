-- Cursor CLI (https://cursor.com/docs/cli), over its own ACP mode. Its program cannot be had from a package registry: what is
-- tested is a stand-in that speaks the surface it documents.
local acp = host.library "acp"

return acp.agent {
  title = "Cursor",
  program = "cursor-agent",
  tried = { "2025.9", "2027" },
  install = "see https://cursor.com/docs/cli/installation",
  setup = "run `cursor-agent login` once on this node",
  args = { "acp" },
}
