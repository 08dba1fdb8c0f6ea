-- Claude Code. `stream` is a persistent process that speaks JSON lines; `pty` is the interactive program on a terminal.

local install = host.library "install"

return {
  transports = { "stream", "pty" },

  detect = function()
    local found = install.find()
    if not found then return { title = "Claude Code", status = "missing", hint = install.MISSING } end
    local told = { title = "Claude Code", version = found.version, status = "ready" }
    if not install.logged_in(found.path) then
      told.status, told.hint = "needs_setup", "Claude Code is not logged in: run `claude` once on this node"
    end
    return told
  end,
}
