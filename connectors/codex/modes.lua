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
local FULL = {
  id = "full-access", name = "Full access", description = "Asks nothing",
  approval = "never", sandbox = "danger-full-access", policy = { type = "dangerFullAccess" },
}

-- The modes of a session; nothing is left to ask in the last one, so that only YOLO has it.
local function of(session)
  local modes = { table.unpack(MODES) }
  if session.yolo then table.insert(modes, FULL) end
  return modes
end

-- The id of the mode in which a session begins.
local function first(session) return session.yolo and FULL.id or "workspace-write" end

local function find(modes, id)
  for _, mode in ipairs(modes) do
    if mode.id == id then return mode end
  end
end

return { of = of, first = first, find = find }
