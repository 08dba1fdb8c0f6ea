-- The tools of Codex in the words of ACP. Items as its app-server tells them.

-- The command as the model wrote it, without the shell that Codex puts around it.
local function plain(item)
  local actions = type(item.commandActions) == "table" and item.commandActions or {}
  if actions[1] and not actions[2] and type(actions[1].command) == "string" then return actions[1].command end
  return item.command
end

local KINDS = { read = "read", listFiles = "search", search = "search" }

-- The two sides of a unified diff, without its headers.
local function sides(diff)
  local old, new = {}, {}
  for line in (diff .. "\n"):gmatch("(.-)\n") do
    local mark, text = line:sub(1, 1), line:sub(2)
    if mark == " " or mark == "-" then table.insert(old, text) end
    if mark == " " or mark == "+" then table.insert(new, text) end
  end
  return table.concat(old, "\n"), table.concat(new, "\n")
end

local function diff_of(change)
  if change.kind.type == "add" then return { type = "diff", path = change.path, newText = change.diff } end
  if change.kind.type == "delete" then return { type = "diff", path = change.path, oldText = change.diff, newText = "" } end
  local old, new = sides(change.diff)
  return { type = "diff", path = change.path, oldText = old, newText = new }
end

-- A tool of Codex in the words of ACP; nil for an item that is none.
local function describe(item)
  if item.type == "commandExecution" then
    local action = item.commandActions and item.commandActions[1]
    return {
      title = plain(item),
      kind = action and not item.commandActions[2] and KINDS[action.type] or "execute",
      rawInput = { command = item.command, cwd = item.cwd },
    }
  elseif item.type == "fileChange" then
    local content, locations, names = json.array(), json.array(), {}
    for i, change in ipairs(item.changes) do
      content[i], locations[i], names[i] = diff_of(change), { path = change.path }, change.path
    end
    return { title = "Edit " .. table.concat(names, ", "), kind = "edit", content = content, locations = locations }
  elseif item.type == "mcpToolCall" then
    return { title = item.server .. " " .. item.tool, kind = "other", rawInput = item.arguments }
  elseif item.type == "webSearch" then
    return { title = "Search " .. tostring(item.query), kind = "fetch" }
  end
end

-- What an MCP tool answered: texts as they are, other blocks as JSON.
local function mcp_output(item)
  local content = json.array()
  if type(item.error) == "table" then table.insert(content, item.error.message) end
  for _, block in ipairs(type(item.result) == "table" and item.result.content or {}) do
    table.insert(content, block.type == "text" and block.text or json.encode(block))
  end
  return content
end

-- What a finished tool tells besides its status. `streamed` is the output that was told while it ran.
local function result(item, streamed)
  if item.type == "commandExecution" then
    local output = type(item.aggregatedOutput) == "string" and item.aggregatedOutput or streamed or ""
    return {
      content = output ~= "" and { output } or nil,
      rawOutput = math.type(item.exitCode) and { exitCode = item.exitCode } or nil,
    }
  elseif item.type == "fileChange" then
    return { content = describe(item).content }
  elseif item.type == "mcpToolCall" then
    return { content = mcp_output(item) }
  end
  return {}
end

local STATUS = { inProgress = "in_progress", completed = "completed", failed = "failed", declined = "failed" }

-- A finished tool as an update; nil for an item that is none.
local function finished(item, streamed)
  if not describe(item) then return end
  local update = result(item, streamed)
  update.toolCallId, update.status = item.id, STATUS[item.status] or "completed"
  return update
end

return { plain = plain, describe = describe, finished = finished }
