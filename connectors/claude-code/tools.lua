-- What Claude Code's tools do, in the words of ACP: the same for both transports.

local KINDS = {
  Bash = "execute", BashOutput = "execute", KillShell = "execute", Read = "read", Write = "edit", Edit = "edit", MultiEdit = "edit",
  NotebookEdit = "edit", Glob = "search", Grep = "search", LS = "search", WebFetch = "fetch", WebSearch = "fetch", Task = "think",
  Agent = "think", ExitPlanMode = "switch_mode",
}

-- Those of an entry of the plan.
local STATUS = { pending = "pending", in_progress = "in_progress", completed = "completed" }

-- The names of the tools under way, by their ids.
local running = {}

-- An input is what the model made up, and a tool of an MCP server may mean something else by the same name.
local function text(value) return type(value) == "string" and value or nil end
local function list(value) return type(value) == "table" and value or {} end
local function line(value) return math.type(value) == "integer" and value >= 0 and value or nil end

local function diff(path, old, new)
  return text(new) and { type = "diff", path = path, oldText = text(old), newText = new } or nil
end

-- Where a tool works and what it changes, in the words of ACP.
local function describe(name, input)
  local tool = { kind = KINDS[name] or "other", title = name, rawInput = input }
  input = list(input)
  local path = text(input.file_path) or text(input.notebook_path)
  local about = text(input.pattern) or text(input.query) or text(input.url) or text(input.description)
  if name == "Bash" then
    tool.title = text(input.command) or "Bash"
  elseif path then
    tool.title = name .. " " .. path
    tool.locations = { { path = path, line = line(input.offset) } }
  elseif about then
    tool.title = name .. " " .. about
  end
  if name == "Write" and path then
    tool.content = { diff(path, nil, input.content) }
  elseif name == "Edit" and path then
    tool.content = { diff(path, input.old_string, input.new_string) }
  elseif name == "MultiEdit" and path then
    tool.content = json.array()
    for _, edit in ipairs(list(input.edits)) do table.insert(tool.content, diff(path, list(edit).old_string, list(edit).new_string)) end
  elseif name == "ExitPlanMode" and text(input.plan) then
    tool.title, tool.content = "Carry out the plan?", { input.plan }
  end
  return tool
end

-- A tool call begins, or its input is known now. `parent` is the call of the subagent that makes it, told in the words of Claude's own adapter
-- for ACP (https://github.com/agentclientprotocol/claude-agent-acp).
local function announce(session, id, name, input, parent)
  local tool = describe(name, input)
  tool.toolCallId = id
  if parent then tool._meta = { claudeCode = { parentToolUseId = parent } } end
  running[id] = name
  session:tool_update(tool)
  if name == "TodoWrite" and list(input).todos then
    local entries = json.array()
    for _, todo in ipairs(list(input.todos)) do
      todo = list(todo)
      if text(todo.content) then table.insert(entries, { content = todo.content, status = STATUS[todo.status] }) end
    end
    session:plan(entries)
  end
end

local function blocks_of(content)
  if type(content) == "string" then return { content } end
  local blocks = json.array()
  for _, block in ipairs(list(content)) do
    if block.type == "text" then
      table.insert(blocks, block.text)
    elseif block.type == "image" and block.source and block.source.data then
      table.insert(blocks, {
        type = "content",
        content = { type = "image", data = block.source.data, mimeType = block.source.media_type },
      })
    end
  end
  return blocks
end

-- What became of a tool call. `details` is what Claude tells a program of its own, besides the text for the model.
local function finish(session, block, details)
  local update = { toolCallId = block.tool_use_id, status = block.is_error == true and "failed" or "completed" }
  local name = running[block.tool_use_id]
  running[block.tool_use_id] = nil
  local edited = KINDS[name] == "edit" and block.is_error ~= true
  if edited and name == "Write" and type(details) == "table" and type(details.originalFile) == "string" then
    local diff = { type = "diff", path = details.filePath, oldText = details.originalFile, newText = details.content }
    update.content = { diff }
  elseif not edited then
    update.content = blocks_of(block.content)
  end
  session:tool_update(update)
end

-- A tool that was announced by an earlier VM of the session.
local function known(id, name) running[id] = name end

return { known = known, describe = describe, announce = announce, finish = finish }
