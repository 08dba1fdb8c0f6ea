-- Claude Code as a persistent process that speaks JSON lines: one process for each session, many turns.
-- Its frames are not documented by its vendor; the recorded ones are in examples/.

local install, tools = host.library "install", host.library "tools"
local mcp, blocks_as = host.library "mcp", host.library "blocks"

local START_MS, ANSWER_MS = 25000, 10000

local MODES = {
  { id = "default", name = "Ask", description = "Asks before it changes anything" },
  { id = "acceptEdits", name = "Accept edits", description = "Edits files without asking" },
  { id = "plan", name = "Plan", description = "Reads and plans, changes nothing" },
}
local BYPASS = { id = "bypassPermissions", name = "Bypass permissions", description = "Asks nothing" }

-- The process, and the answers that we wait for.
local agent
local waiting, last_request = {}, 0
-- The MCP servers, by name, that the person has been told to be down.
local failed = {}
-- What a fresh VM must know: the models, the mode, the questions that wait for a person, and the turns. `asked`: a prompt was sent and has
-- no answer yet; `begun`: Claude has taken it up; `cancelled`: it is to stop; `own`: Claude is in a turn that it began by itself, when a
-- helper in the background had ended, say; `ended`: how many prompts were answered.
local state = { questions = {}, ended = 0 }
-- The model's message under way.
local message

local function send(frame) agent:write(json.encode(frame)) end

-- A request to the process; waits for its answer.
local function control(request, ms)
  last_request = last_request + 1
  local id = "praxis-" .. host.now() .. "-" .. last_request
  waiting[id] = host.future()
  send { type = "control_request", request_id = id, request = request }
  local answer = waiting[id]:wait(ms or ANSWER_MS)
  waiting[id] = nil
  if not answer then error("claude did not answer " .. request.subtype) end
  if answer.subtype ~= "success" then error { code = -32602, message = answer.error } end
  return answer.response or {}
end

-- What "always" would allow: the rules that Claude proposes, else its mode; never more directories.
local function always(suggestions)
  local chosen = { addRules = json.array(), setMode = json.array() }
  for _, suggestion in ipairs(suggestions or {}) do
    if chosen[suggestion.type] then table.insert(chosen[suggestion.type], suggestion) end
  end
  local rules = chosen.addRules[1] and chosen.addRules[1].rules
  if rules and rules[1] then
    return chosen.addRules, "Always allow " .. (rules[1].ruleContent or rules[1].toolName)
  end
  if chosen.setMode[1] then return chosen.setMode, "Allow, and go on in mode " .. chosen.setMode[1].mode end
end

local function to_mode(mode) return { { type = "setMode", mode = mode, destination = "session" } } end

local function answered(session, id, answer)
  state.questions[id] = nil
  session:save(state)
  send { type = "control_response", response = { subtype = "success", request_id = id, response = answer } }
end

local function ask(session, id, request)
  local name, input = request.tool_name, request.input
  local tool = tools.describe(name, input)
  tool.toolCallId, tool.status = request.tool_use_id, "pending"
  local updates, label = always(request.permission_suggestions)
  local options = { { optionId = "allow", name = "Allow", kind = "allow_once" } }
  if name == "ExitPlanMode" then updates, label = to_mode("acceptEdits"), "Yes, and accept edits" end
  if updates then table.insert(options, { optionId = "always", name = label, kind = "allow_always" }) end
  table.insert(options, { optionId = "reject", name = "Reject", kind = "reject_once" })
  local choice, ended
  repeat
    ended = state.ended
    choice = session:request_permission { toolCall = tool, options = options }
    -- The end of a turn calls every question off; a helper in the background still waits for its answer.
  until choice ~= nil or state.cancelled or state.ended == ended
  if not state.questions[id] then return end
  local answer = { behavior = "deny", message = "The user rejected this." }
  if choice == nil then
    answer = { behavior = "deny", message = "The turn was cancelled.", interrupt = true }
  elseif choice ~= "reject" then
    answer = { behavior = "allow", updatedInput = input, updatedPermissions = choice == "always" and updates or nil }
    if choice == "allow" and name == "ExitPlanMode" then answer.updatedPermissions = to_mode("default") end
    session:tool_update { toolCallId = request.tool_use_id, status = "in_progress" }
  end
  answered(session, id, answer)
end

-- Asks beside what runs. Claude waits for an answer even where there is none to be had.
local function put(session, id, request)
  host.task(function()
    local ok, problem = pcall(ask, session, id, request)
    if ok then return end
    session:warn(("Claude's question about %s could not be put, and was answered with no: %s"):format(request.tool_name, tostring(problem)))
    answered(session, id, { behavior = "deny", message = "The question could not be put to the user." })
  end)
end

local function question(session, id, request)
  if request.subtype ~= "can_use_tool" then
    local refused = { subtype = "error", request_id = id, error = "unsupported_request" }
    return send { type = "control_response", response = refused }
  end
  state.questions[id] = request
  session:save(state)
  put(session, id, request)
end

-- Claude does not want to know any more.
local function withdrawn(session, id)
  local request = state.questions[id]
  if not request then return end
  state.questions[id] = nil
  session:save(state)
  session:withdraw(request.tool_use_id)
end

local function config()
  return {
    { id = "mode", name = "Mode", category = "mode", currentValue = state.mode, options = state.mode_options },
    { id = "model", name = "Model", category = "model", currentValue = state.model, options = state.models },
  }
end

local function mode_is(session, mode)
  if not mode or mode == state.mode then return end
  state.mode = mode
  session:save(state)
  session:mode(mode)
  session:config_options(config())
end

local function used(usage)
  local sum = 0
  for _, name in ipairs { "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens" } do
    sum = sum + (tonumber(usage[name]) or 0)
  end
  return sum
end

-- How large the context is comes with the first result.
local function tell_usage(session)
  if state.window then session:usage { used = state.used or 0, size = state.window, cost = state.cost } end
end

-- `parent` is the call of the subagent that says it, whose texts are for the agent and not for the person.
local function stream_event(session, event, parent)
  local block, delta = event.content_block, event.delta
  if event.type == "content_block_start" and block.type == "tool_use" then
    tools.announce(session, block.id, block.name, {}, parent)
  elseif parent then
    return
  elseif event.type == "message_start" then
    message = event.message.id
  elseif event.type == "content_block_delta" then
    if delta.type == "text_delta" then session:message(delta.text, message)
    elseif delta.type == "thinking_delta" then session:thought(delta.thinking, message) end
  elseif event.type == "message_delta" and type(event.usage) == "table" and used(event.usage) > 0 then
    state.used = used(event.usage)
    tell_usage(session)
  end
end

-- Whole blocks. Text was streamed before, unless Claude made it up itself; a tool has its input only now.
local function assistant(session, frame, parent)
  for _, block in ipairs(frame.message.content) do
    if block.type == "tool_use" then
      tools.announce(session, block.id, block.name, block.input, parent)
    elseif block.type == "text" and frame.message.model == "<synthetic>" and not frame.is_api_error_message then
      session:message(block.text, frame.message.id)
    end
  end
end

local function user(session, frame)
  local content = frame.message.content
  if frame.isReplay and state.asked then
    state.begun = true
    session:save(state)
  end
  if type(content) ~= "table" then return end
  for _, block in ipairs(content) do
    if block.type == "tool_result" then tools.finish(session, block, frame.tool_use_result) end
  end
end

local STOP = { max_tokens = "max_tokens", refusal = "refusal" }

-- Whether it is the end of a turn that Claude began by itself, and so no prompt's answer.
local function is_own(frame) return type(frame.origin) == "table" and frame.origin.kind ~= "human" end

-- `subtype` says "success" for an error of the model too, so it decides nothing.
local function result(session, frame)
  for _, model in pairs(frame.modelUsage or {}) do state.window = model.contextWindow or state.window end
  state.cost = frame.total_cost_usd and { amount = frame.total_cost_usd, currency = "USD" } or nil
  local own, waits = is_own(frame), state.asked and not state.begun
  if own then state.own = false end
  -- A prompt that waited for the end of Claude's own turn was cancelled with it.
  local over = not own or (waits and state.cancelled)
  if over then state.asked, state.ended = false, state.ended + 1 end
  session:save(state)
  tell_usage(session)
  if own then
    if over then session:done("cancelled") end
    return
  end
  local reason = frame.terminal_reason or ""
  local text = type(frame.result) == "string" and frame.result or table.concat(frame.errors or { frame.subtype }, "\n")
  if reason:find("^aborted") then
    session:done("cancelled")
  elseif reason == "max_turns" or frame.subtype == "error_max_turns" then
    session:done("max_turn_requests")
  elseif not frame.is_error then
    session:done(STOP[frame.stop_reason] or "end_turn")
  elseif text:find("/login", 1, true) or frame.api_error_status == 401 then
    session:fail { code = -32000, message = text .. " (on the node, run once: claude)" }
  else
    session:fail { message = text, data = { status = frame.api_error_status, reason = frame.terminal_reason } }
  end
end

-- Each turn begins with how the MCP servers are.
local function tell_failed(session, servers)
  for _, server in ipairs(servers or {}) do
    if server.status == "failed" and not failed[server.name] then
      session:warn(("The MCP server %s could not be started: try its command on the node"):format(server.name))
    end
    failed[server.name] = server.status == "failed"
  end
end

local function system(session, frame)
  if frame.subtype == "init" or frame.subtype == "status" then
    if frame.subtype == "init" and not state.asked then
      state.own = true
      session:save(state)
    end
    mode_is(session, frame.permissionMode)
    tell_failed(session, frame.mcp_servers)
  elseif frame.subtype == "api_retry" then
    session:warn(("The model did not answer; try %s of %s"):format(frame.attempt or "?", frame.max_retries or "?"))
  end
end

local function listen(session)
  agent:on_line(function(line)
    local ok, frame = pcall(json.decode, line)
    if not ok or type(frame) ~= "table" then return host.log("warn", "claude wrote a line that is no JSON") end
    local parent = type(frame.parent_tool_use_id) == "string" and frame.parent_tool_use_id or nil
    if frame.type == "stream_event" then stream_event(session, frame.event, parent)
    elseif frame.type == "assistant" then assistant(session, frame, parent)
    elseif frame.type == "user" then user(session, frame)
    elseif frame.type == "result" then result(session, frame)
    elseif frame.type == "system" then system(session, frame)
    elseif frame.type == "control_request" then question(session, frame.request_id, frame.request)
    elseif frame.type == "control_cancel_request" then withdrawn(session, frame.request_id)
    elseif frame.type == "control_response" then
      local future = waiting[frame.response.request_id]
      if future then future:set(frame.response) end
    end
  end)
end

local function start(session, id, how)
  local found = install.required()
  local bypass = session.yolo and install.may_bypass()
  local command = {
    found.path, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages",
    "--replay-user-messages", "--permission-prompt-tool", "stdio", "--disallowed-tools", "AskUserQuestion", how, id,
  }
  if bypass then
    table.insert(command, "--permission-mode")
    table.insert(command, BYPASS.id)
  end
  for _, argument in ipairs(mcp.arguments(session)) do table.insert(command, argument) end
  agent = host.process { command = command, agent = true }
  listen(session)
  local ready = control({ subtype = "initialize" }, START_MS)
  install.version_warning(session, ready.claude_code_version)

  local modes = { table.unpack(MODES) }
  if bypass then table.insert(modes, BYPASS) end
  state.mode = ready.current_permission_mode or "default"
  local known = false
  for _, mode in ipairs(modes) do known = known or mode.id == state.mode end
  if not known then table.insert(modes, { id = state.mode, name = state.mode }) end
  state.mode_options, state.models, state.model = json.array(), json.array(), "default"
  for i, mode in ipairs(modes) do
    state.mode_options[i] = { value = mode.id, name = mode.name, description = mode.description }
  end
  for i, model in ipairs(ready.models or {}) do
    state.models[i] = { value = model.value, name = model.displayName, description = model.description }
  end
  if #state.models == 0 then state.models[1] = { value = "default", name = "Default" } end
  session:save(state)

  local commands = json.array()
  for _, command in ipairs(ready.commands or {}) do
    local hint = command.argumentHint
    local input = hint and hint ~= "" and { hint = hint } or nil
    table.insert(commands, { name = command.name, description = command.description or "", input = input })
  end
  session:commands(commands)
  return { id = id, modes = { currentModeId = state.mode, availableModes = modes }, configOptions = config() }
end

local function set_mode(session, mode)
  control { subtype = "set_permission_mode", mode = mode }
  mode_is(session, mode)
end

local function prompt_block(block)
  if block.type == "image" then
    return { type = "image", source = { type = "base64", media_type = block.mimeType, data = block.data } }
  end
  return { type = "text", text = blocks_as.text(block) }
end

return {
  capabilities = { image = true, embeddedContext = true, mcp = { "stdio", "http", "sse" } },

  open = function(session) return start(session, session.sessionId, "--session-id") end,

  resume = function(session, _, id) return start(session, id, "--resume") end,

  restored = function(session, _, running)
    agent, state = host.attach(running[1].kind, running[1].handle), session.saved
    for id, request in pairs(state.questions) do put(session, id, request) end
    listen(session)
  end,

  prompt = function(session, blocks)
    local content = json.array()
    for i, block in ipairs(blocks) do content[i] = prompt_block(block) end
    state.asked, state.begun, state.cancelled = true, false, false
    session:save(state)
    local said = { role = "user", content = content }
    send { type = "user", message = said, parent_tool_use_id = json.null, session_id = "" }
  end,

  cancel = function(session)
    state.cancelled = true
    session:save(state)
    -- One that waits behind Claude's own turn would run all the same.
    control { subtype = "interrupt", cancel_queued = state.own and not state.begun or nil }
  end,

  set_mode = set_mode,

  set_config_option = function(session, id, value)
    if id == "mode" then
      set_mode(session, value)
    elseif id == "model" then
      control { subtype = "set_model", model = value }
      state.model = value
      session:save(state)
    else
      error { code = -32602, message = "There is no option " .. id }
    end
    return config()
  end,
}
