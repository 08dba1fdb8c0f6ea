-- Codex through its app-server: one process for each session (a thread). The recorded frames are in examples/.

local install, app_server, tools = host.library "install", host.library "app_server", host.library "tools"
local approvals, failures, modes = host.library "approvals", host.library "failures", host.library "modes"
local mcp, blocks = host.library "mcp", host.library "blocks"

local server
-- The commands under way: what they have written so far. The calls of MCP tools that may still be asked about, oldest first.
local outputs, mcp_calls = {}, {}
-- What a fresh VM must know: thread, turn, mode, model, the questions that wait for a person.
local state = { questions = {} }

local function config()
  local choices = json.array()
  for i, mode in ipairs(state.modes) do
    choices[i] = { value = mode.id, name = mode.name, description = mode.description }
  end
  local options = { { id = "mode", name = "Mode", category = "mode", currentValue = state.mode, options = choices } }
  if state.models[1] then
    table.insert(options, { id = "model", name = "Model", category = "model", currentValue = state.model, options = state.models })
  end
  return options
end

local function item_started(session, item)
  local tool = tools.describe(item)
  if not tool then return end
  if item.type == "mcpToolCall" then table.insert(mcp_calls, item) end
  tool.toolCallId, tool.status = item.id, "in_progress"
  session:tool_update(tool)
end

local function item_completed(session, item)
  local update = tools.finished(item, table.concat(outputs[item.id] or {}))
  outputs[item.id] = nil
  if update then session:tool_update(update) end
end

-- The call that a question about an MCP tool means: it names the tool only, so it is the first one that has not been asked about.
local function call_of(params)
  for i, item in ipairs(mcp_calls) do
    if item.server == params.serverName and item.tool == params._meta.tool_name then return table.remove(mcp_calls, i) end
  end
end

-- Codex waits for an answer even where there is none to be had.
local function ask(session, asked)
  local ok, answer = pcall(approvals.answer, session, asked)
  if not ok then
    session:warn("A question of Codex could not be put, and was answered with no: " .. tostring(answer))
    answer = approvals.no(asked.method)
  end
  state.questions[tostring(asked.id)] = nil
  session:save(state)
  server:send { id = asked.id, result = answer }
end

local function question(session, frame)
  local method, params = frame.method, frame.params
  if not approvals.is_question(method, params) then
    local refused = approvals.refusal(session, method, params)
    return server:send { id = frame.id, result = refused.result, error = refused.error }
  end
  local asked = { id = frame.id, method = method, params = params }
  if method == "mcpServer/elicitation/request" then asked.call = call_of(params) end
  state.questions[tostring(frame.id)] = asked
  session:save(state)
  host.task(function() ask(session, asked) end)
end

local function turn_completed(session, turn)
  state.turn = nil
  session:save(state)
  if turn.status == "interrupted" then
    session:done("cancelled")
  elseif turn.status == "failed" and type(turn.error) == "table" then
    failures.fail(session, turn.error.message, turn.error.codexErrorInfo)
  else
    session:done("end_turn")
  end
end

local PLAN = { inProgress = "in_progress" }

local HANDLERS = {
  ["turn/started"] = function(session, params)
    state.turn = params.turn.id
    session:save(state)
  end,
  ["turn/completed"] = function(session, params) turn_completed(session, params.turn) end,
  ["item/agentMessage/delta"] = function(session, params) session:message(params.delta, params.itemId) end,
  ["item/reasoning/summaryTextDelta"] = function(session, params)
    session:thought(params.delta, params.itemId .. "-" .. params.summaryIndex)
  end,
  ["item/reasoning/textDelta"] = function(session, params) session:thought(params.delta, params.itemId) end,
  ["item/started"] = function(session, params) item_started(session, params.item) end,
  ["item/completed"] = function(session, params) item_completed(session, params.item) end,
  ["item/commandExecution/outputDelta"] = function(_, params)
    outputs[params.itemId] = outputs[params.itemId] or {}
    table.insert(outputs[params.itemId], params.delta)
  end,
  ["turn/plan/updated"] = function(session, params)
    local entries = json.array()
    for i, step in ipairs(params.plan) do
      entries[i] = { content = step.step, status = PLAN[step.status] or step.status }
    end
    session:plan(entries)
  end,
  ["thread/tokenUsage/updated"] = function(session, params)
    local usage = params.tokenUsage
    if not math.type(usage.modelContextWindow) then return end
    session:usage { used = usage.last.totalTokens, size = usage.modelContextWindow }
  end,
  ["thread/name/updated"] = function(session, params)
    if type(params.threadName) == "string" then session:title(params.threadName) end
  end,
  ["mcpServer/startupStatus/updated"] = function(session, params)
    if params.status ~= "failed" then return end
    session:warn(("The MCP server %s could not be started: %s"):format(params.name, tostring(params.error)))
  end,
  ["error"] = function(session, params)
    if params.willRetry then session:warn(failures.sentence(params.error.message)) end
  end,
}

local function on_frame(session)
  return function(frame)
    if frame.id ~= nil then return question(session, frame) end
    local handler = HANDLERS[frame.method]
    local thread = frame.params and frame.params.threadId
    -- What other threads do, those of its helpers, is Codex's own affair.
    if handler and (not thread or not state.thread or thread == state.thread) then handler(session, frame.params) end
  end
end

local function models()
  local list = json.array()
  for _, model in ipairs(server:call("model/list", {}).data or {}) do
    if not model.hidden then
      table.insert(list, { value = model.model, name = model.displayName, description = model.description })
    end
  end
  return list
end

local function start(session, context, thread)
  local found = install.required()
  server = app_server.start(context, found.path, true, on_frame(session))
  if not server:logged_in() then error { code = -32000, message = install.NOT_LOGGED_IN } end
  install.version_warning(session, found.version)

  state.modes, state.mode = modes.ALL, modes.FIRST
  local mode = modes.find(state.modes, state.mode)
  local params = { cwd = session.cwd, approvalPolicy = mode.approval, sandbox = mode.sandbox }
  if session.mcpServers[1] then params.config = { mcp_servers = mcp.servers(session) } end
  local method = "thread/start"
  if thread then method, params.threadId, params.excludeTurns = "thread/resume", thread, true end
  local started = server:call(method, params, app_server.START_MS)
  state.thread, state.model = started.thread.id, started.model
  state.models = models()
  local known = false
  for _, model in ipairs(state.models) do known = known or model.value == state.model end
  if not known then table.insert(state.models, { value = state.model, name = state.model }) end
  session:save(state)

  local available = json.array()
  for i, each in ipairs(state.modes) do
    available[i] = { id = each.id, name = each.name, description = each.description }
  end
  return {
    id = state.thread,
    modes = { currentModeId = state.mode, availableModes = available },
    configOptions = config(),
  }
end

local function interrupt() server:request("turn/interrupt", { threadId = state.thread, turnId = state.turn }) end

local function set_mode(session, id)
  if not modes.find(state.modes, id) then error { code = -32602, message = "There is no mode " .. id } end
  state.mode, state.changed = id, true
  session:save(state)
  session:mode(id)
  session:config_options(config())
end

local function input_of(block)
  if block.type == "image" then
    return { type = "image", url = ("data:%s;base64,%s"):format(block.mimeType, block.data) }
  end
  return { type = "text", text = blocks.text(block), text_elements = json.array() }
end

return {
  capabilities = { image = true, embeddedContext = true, mcp = { "stdio", "http" } },

  open = function(session, context) return start(session, context) end,

  resume = function(session, context, id) return start(session, context, id) end,

  restored = function(session, _, running)
    state = session.saved
    server = app_server.attach(host.attach(running[1].kind, running[1].handle), on_frame(session))
    for _, asked in pairs(state.questions) do
      host.task(function() ask(session, asked) end)
    end
  end,

  prompt = function(_, content)
    local input = json.array()
    for i, block in ipairs(content) do input[i] = input_of(block) end
    local params = { threadId = state.thread, input = input, model = state.chosen }
    if state.changed then
      local mode = modes.find(state.modes, state.mode)
      params.approvalPolicy, params.sandboxPolicy = mode.approval, mode.policy
    end
    state.turn, state.cancelled = nil, false
    state.turn = server:call("turn/start", params).turn.id
    if state.cancelled then interrupt() end
  end,

  cancel = function()
    state.cancelled = true
    if state.turn then interrupt() end
  end,

  set_mode = set_mode,

  set_config_option = function(session, id, value)
    if id == "mode" then
      set_mode(session, value)
    elseif id == "model" then
      state.model, state.chosen = value, value
      session:save(state)
    else
      error { code = -32602, message = "There is no option " .. id }
    end
    return config()
  end,
}
