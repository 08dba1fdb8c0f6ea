-- The rows of a thread's rollout file in the words of ACP. Codex appends a row when something is complete; the same thing may come
-- twice, as an item and as what the model answered, so it is known by its id.

local tools, failures = host.library "tools", host.library "failures"

-- An item of the rollout as the app-server tells it, which `tools` understands.
local ITEMS = {
  CommandExecution = function(item)
    local command = item.command[#item.command]
    return {
      type = "commandExecution", command = command, cwd = tostring(item.cwd):gsub("^file://", ""),
      aggregatedOutput = item.aggregated_output, exitCode = item.exit_code,
    }
  end,
  FileChange = function(item)
    local changes = json.array()
    for path, change in pairs(item.changes) do
      local diff = change.type == "update" and change.unified_diff or change.content
      table.insert(changes, { path = path, kind = { type = change.type }, diff = diff })
    end
    table.sort(changes, function(one, two) return one.path < two.path end)
    return { type = "fileChange", changes = changes }
  end,
  McpToolCall = function(item)
    return {
      type = "mcpToolCall", server = item.server, tool = item.tool, arguments = item.arguments,
      result = item.result, error = item.error,
    }
  end,
  WebSearch = function(item) return { type = "webSearch", query = item.query } end,
}

-- The files that a patch changes, in the form of apply_patch ("*** Begin Patch").
local function patched(text)
  local changes, change = json.array(), nil
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local action, path = line:match("^%*%*%* (%a+) File: (.+)$")
    if action then
      change = { path = path, kind = { type = action:lower() }, diff = "" }
      table.insert(changes, change)
    elseif change and line:find("^[ +-]") then
      change.diff = change.diff .. (change.kind.type == "add" and line:sub(2) or line) .. "\n"
    end
  end
  return { type = "fileChange", changes = changes }
end

local SHELLS = { exec_command = true, shell = true, shell_command = true }

-- What the model called, in the same form; nil for what only Codex itself is concerned with.
local function called(payload)
  local ok, input = pcall(json.decode, payload.arguments or "")
  input = ok and type(input) == "table" and input or {}
  local server = (payload.namespace or ""):match("^mcp__(.+)$")
  local command = input.cmd or input.command
  if type(command) == "table" then command = command[#command] end
  if server then
    return { type = "mcpToolCall", server = server, tool = payload.name, arguments = input }
  elseif payload.name == "apply_patch" then
    return patched(payload.input or input.input or "")
  elseif SHELLS[payload.name] and type(command) == "string" then
    if command:find("^%s*apply_patch%s") then return patched(command) end
    return { type = "commandExecution", command = command, cwd = input.workdir }
  end
end

local PLAN = { in_progress = "in_progress", completed = "completed", pending = "pending" }

local function plan(session, payload)
  local ok, input = pcall(json.decode, payload.arguments)
  if not ok or type(input.plan) ~= "table" then return end
  local entries = json.array()
  for i, step in ipairs(input.plan) do entries[i] = { content = step.step, status = PLAN[step.status] } end
  session:plan(entries)
end

-- The calls of a turn that have no result yet are `state.calls`, oldest first: what a question may be about.
local function call_started(session, state, payload)
  if payload.name == "update_plan" then return plan(session, payload) end
  local item = called(payload)
  if not item then return end
  item.id = payload.call_id
  table.insert(state.calls, item)
  local tool = tools.describe(item)
  tool.toolCallId, tool.status = item.id, "in_progress"
  session:tool_update(tool)
end

local function take(state, id)
  for i, call in ipairs(state.calls) do
    if call.id == id then return table.remove(state.calls, i) end
  end
end

local function plain(text) return (text:gsub("[%s%c]+", "")) end

-- Whether a prompt arrived as it was typed. Blanks and control characters do not count.
local function arrived(state, item)
  local texts = {}
  for i, part in ipairs(item.content or {}) do texts[i] = part.text or "" end
  return not state.typed or plain(table.concat(texts)) == plain(state.typed)
end

local function item_completed(session, state, item)
  if item.type == "AgentMessage" or item.type == "Reasoning" then
    if state.told[item.id] then return end
    state.told[item.id] = true
    if item.type == "Reasoning" then return session:thought(table.concat(item.summary_text or {}, "\n\n"), item.id) end
    for _, part in ipairs(item.content or {}) do session:message(part.text or "", item.id) end
  elseif ITEMS[item.type] then
    local told = ITEMS[item.type](item)
    told.id, told.status = item.id, item.status
    take(state, item.id)
    local tool, update = tools.describe(told), tools.finished(told)
    update.title, update.kind, update.rawInput, update.locations = tool.title, tool.kind, tool.rawInput, tool.locations
    session:tool_update(update)
  end
end

-- A call whose result comes without an item: it was refused, or could not be made.
local function call_finished(session, state, payload)
  if not take(state, payload.call_id) then return end
  local output = type(payload.output) == "string" and payload.output or nil
  session:tool_update { toolCallId = payload.call_id, status = "failed", content = output and { output } }
end

-- The end of a turn. One that a person's "no" has ended is interrupted too, as Codex calls it.
local function turn_ended(session, payload)
  if payload.type == "turn_aborted" then
    session:done("cancelled")
  elseif type(payload.error) == "table" then
    failures.fail(session, tostring(payload.error.message), payload.error.codex_error_info)
  else
    session:done("end_turn")
  end
end

local EVENTS = {
  item_completed = function(session, state, payload)
    if payload.item.type == "UserMessage" then return arrived(state, payload.item) and "arrived" or "garbled" end
    item_completed(session, state, payload.item)
  end,
  token_count = function(session, _, payload)
    local info = payload.info
    if type(info) ~= "table" or not math.type(info.model_context_window) then return end
    session:usage { used = info.last_token_usage.total_tokens, size = info.model_context_window }
  end,
  stream_error = function(session, _, payload) session:warn(failures.sentence(tostring(payload.message))) end,
}

local RESPONSES = {
  message = function(session, state, payload)
    if payload.role ~= "assistant" then return end
    local parts = json.array()
    for i, part in ipairs(payload.content) do parts[i] = { text = part.text } end
    item_completed(session, state, { type = "AgentMessage", id = payload.id, content = parts })
  end,
  function_call = call_started,
  custom_tool_call = call_started,
  function_call_output = call_finished,
  custom_tool_call_output = call_finished,
}

-- Takes one row. `state` has `turn`, `calls`, `told` and what was `typed`; returns what became of the turn: "started", "arrived" or "garbled" (the
-- prompt), "ended".
local function take_row(session, state, row)
  local payload = row.payload
  if type(payload) ~= "table" then return end
  if row.type == "response_item" then
    if RESPONSES[payload.type] then RESPONSES[payload.type](session, state, payload) end
  elseif row.type == "event_msg" and payload.type == "task_started" then
    state.turn, state.calls, state.told = payload.turn_id, {}, {}
    return "started"
  elseif row.type == "event_msg" and (payload.type == "task_complete" or payload.type == "turn_aborted") then
    if state.turn ~= payload.turn_id then return end
    state.turn, state.calls, state.told = nil, {}, {}
    turn_ended(session, payload)
    return "ended"
  elseif row.type == "event_msg" and EVENTS[payload.type] then
    return EVENTS[payload.type](session, state, payload)
  end
end

return { take_row = take_row }
