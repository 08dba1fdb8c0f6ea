-- A mode is when Codex asks, and what its sandbox lets it do without asking: at the start of a thread, and for a later turn.

local MODES = {
  {
    id = "read-only", name = "Read only", description = "Asks before it changes anything",
    approval = "on-request", sandbox = "read-only", policy = { type = "readOnly", networkAccess = false },
  },
  {
    id = "workspace-write", name = "Workspace", description = "Changes files in its directory, asks for more",
    approval = "on-request", sandbox = "workspace-write",
    policy = {
      type = "workspaceWrite", writableRoots = json.array(), networkAccess = false,
      excludeTmpdirEnvVar = false, excludeSlashTmp = false,
    },
  },
}

-- The mode in which a session begins, also under YOLO: then the node answers what Codex asks. Codex's mode without a sandbox is not
-- among these, since it reaches beyond the session's directory.
local FIRST = "workspace-write"

local function find(modes, id)
  for _, mode in ipairs(modes) do
    if mode.id == id then return mode end
  end
end

return { ALL = MODES, FIRST = FIRST, find = find }
