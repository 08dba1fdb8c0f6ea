-- Codex through its app-server: JSON-RPC lines on the stdio of one process for each session (a thread).
-- Its frames: `codex app-server generate-ts --out DIR`; the recorded ones are in examples/.

local MISSING = "codex was not found, or may not be executed. Install it on the node: npm install -g @openai/codex"
local NOT_LOGGED_IN = "Codex is not logged in: run `codex login` once on this node"
local MIN_VERSION = { 0, 100 }
local START_MS, ANSWER_MS, PROBE_MS, LOGIN_HOLDS_MS = 25000, 15000, 10000, 600000

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

-- The process, and the answers that we wait for.
local agent, listen
local waiting, last_request = {}, 0
-- The commands under way: what they have written so far. The calls of MCP tools that may still be asked about, oldest first.
local outputs, mcp_calls = {}, {}
-- What a fresh VM must know: thread, turn, mode, model, the questions that wait for a person.
local state = { questions = {} }

local function find()
  local names = { "codex", "~/.local/bin/codex", "/usr/local/bin/codex", "/opt/homebrew/bin/codex", "~/.npm-global/bin/codex" }
  return host.program { names = names, version = { "--version" }, ms = PROBE_MS }
end

local function send(frame) agent:write(json.encode(frame)) end

local function request(method, params)
  last_request = last_request + 1
  local id = "praxis-" .. host.now() .. "-" .. last_request
  waiting[id] = host.future()
  send { id = id, method = method, params = params }
  return id
end

-- A request to the process; waits for its answer.
local function call(method, params, ms)
  local id = request(method, params)
  local answer = waiting[id]:wait(ms or ANSWER_MS)
  waiting[id] = nil
  if not answer then error("codex did not answer " .. method) end
  if answer.error then error { code = answer.error.code, message = answer.error.message } end
  return answer.result
end

-- Starts app-server up to where it takes requests. Without a session it is only asked something.
local function connect(session, context, path)
  agent = host.process { command = { path, "app-server" }, agent = session ~= nil }
  listen(session)
  local client = { name = "praxis", title = "Praxis", version = context.version }
  call("initialize", { clientInfo = client, capabilities = { experimentalApi = true } }, START_MS)
  send { method = "initialized" }
end

-- A model provider of the owner's own, in config.toml, needs no login.
local function logged_in()
  local told = call("account/read", {})
  return not told.requiresOpenaiAuth or type(told.account) == "table"
end

-- Asking takes some time, so that a yes holds for a while.
local function probe(context, path)
  local key = "codex logged in " .. path
  if host.recall(key, LOGIN_HOLDS_MS) then return true end
  connect(nil, context, path)
  local yes = logged_in()
  agent:stop()
  if yes then host.remember(key, true) end
  return yes
end

local function mode_of(id)
  for _, mode in ipairs(state.modes) do
    if mode.id == id then return mode end
  end
end

local function config()
  local modes = json.array()
  for i, mode in ipairs(state.modes) do
    modes[i] = { value = mode.id, name = mode.name, description = mode.description }
  end
  local options = { { id = "mode", name = "Mode", category = "mode", currentValue = state.mode, options = modes } }
  if state.models[1] then
    table.insert(options, { id = "model", name = "Model", category = "model", currentValue = state.model, options = state.models })
  end
  return options
end

-- The command as the model wrote it, without the shell that Codex puts around it.
local function plain(item)
  local action = item.commandActions and item.commandActions[1]
  if action and not item.commandActions[2] and type(action.command) == "string" then return action.command end
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

local STATUS = { inProgress = "in_progress", completed = "completed", failed = "failed", declined = "failed" }

local function item_started(session, item)
  local tool = describe(item)
  if not tool then return end
  if item.type == "mcpToolCall" then table.insert(mcp_calls, item) end
  tool.toolCallId, tool.status = item.id, "in_progress"
  session:tool_update(tool)
end

local function item_completed(session, item)
  local tool = describe(item)
  if not tool then return end
  local update = { toolCallId = item.id, status = STATUS[item.status] or "completed" }
  if item.type == "commandExecution" then
    local output = type(item.aggregatedOutput) == "string" and item.aggregatedOutput or table.concat(outputs[item.id] or {})
    outputs[item.id] = nil
    if output ~= "" then update.content = { output } end
    if math.type(item.exitCode) then update.rawOutput = { exitCode = item.exitCode } end
  elseif item.type == "fileChange" then
    update.content = tool.content
  elseif item.type == "mcpToolCall" then
    update.content = mcp_output(item)
  end
  session:tool_update(update)
end

-- "Always" is Codex's own proposal for this kind of command, else its word for the rest of the session.
local function decisions(method, params)
  if method == "item/fileChange/requestApproval" then return "acceptForSession", "Allow edits in this session" end
  for _, decision in ipairs(params.availableDecisions or {}) do
    if type(decision) == "table" and decision.acceptWithExecpolicyAmendment then
      local words = decision.acceptWithExecpolicyAmendment.execpolicy_amendment
      return decision, "Always allow " .. table.concat(words, " ")
    elseif decision == "acceptForSession" then
      return decision, "Allow in this session"
    end
  end
end

local function choose(session, tool, always)
  local options = { { optionId = "allow", name = "Allow", kind = "allow_once" } }
  if always then table.insert(options, { optionId = "always", name = always, kind = "allow_always" }) end
  table.insert(options, { optionId = "reject", name = "Reject", kind = "reject_once" })
  tool.status = "pending"
  return session:request_permission { toolCall = tool, options = options }
end

-- Whether a command may run or files may be changed.
local function decide(session, asked)
  local params = asked.params
  local always, label = decisions(asked.method, params)
  local tool = { toolCallId = params.itemId }
  if asked.method == "item/commandExecution/requestApproval" and type(params.command) == "string" then
    tool.title, tool.kind = plain(params), "execute"
    tool.rawInput = { command = params.command, cwd = params.cwd, reason = params.reason }
  end
  local choice = choose(session, tool, always and label)
  return { decision = choice == nil and "cancel" or choice == "reject" and "decline" or choice == "always" and always or "accept" }
end

-- Whether a tool of an MCP server may run: Codex asks in the words of an MCP elicitation with an empty form.
local function decide_mcp(session, asked)
  local params, call = asked.params, asked.call
  local tool = call and describe(call) or { title = params.message, kind = "other", rawInput = params._meta.tool_params }
  tool.toolCallId = call and call.id or "mcp-" .. tostring(asked.id)
  local choice = choose(session, tool, "Allow in this session")
  if choice == nil then return { action = "cancel", content = json.null } end
  if choice == "reject" then return { action = "decline", content = json.null } end
  return { action = "accept", content = {}, _meta = choice == "always" and { persist = "session" } or nil }
end

local function ask(session, asked)
  local answer = (asked.method == "mcpServer/elicitation/request" and decide_mcp or decide)(session, asked)
  state.questions[tostring(asked.id)] = nil
  session:save(state)
  send { id = asked.id, result = answer }
end

-- The call that a question about an MCP tool means: it names the tool only, so it is the first one that has not been asked about.
local function call_of(params)
  for i, item in ipairs(mcp_calls) do
    if item.server == params.serverName and item.tool == params._meta.tool_name then return table.remove(mcp_calls, i) end
  end
end

local function question(session, frame)
  local method, params = frame.method, frame.params
  local asked = { id = frame.id, method = method, params = params }
  if method == "mcpServer/elicitation/request" then
    if type(params._meta) ~= "table" or params._meta.codex_approval_kind ~= "mcp_tool_call" then
      session:warn(("The MCP server %s asked for input, which Praxis does not pass on: %s"):format(params.serverName, params.message))
      return send { id = frame.id, result = { action = "decline", content = json.null } }
    end
    asked.call = call_of(params)
  elseif not method:find("/requestApproval$") or method:find("permissions", 1, true) then
    return send { id = frame.id, error = { code = -32601, message = "Praxis does not answer " .. method } }
  end
  state.questions[tostring(frame.id)] = asked
  session:save(state)
  host.task(function() ask(session, asked) end)
end

-- A message of a model's server is often JSON; its own sentence is what a person wants.
local function sentence(text)
  local ok, told = pcall(json.decode, text)
  if not ok or type(told) ~= "table" then return text end
  return type(told.error) == "table" and told.error.message or told.message or text
end

local function turn_completed(session, turn)
  state.turn = nil
  session:save(state)
  if turn.status == "interrupted" then
    session:done("cancelled")
  elseif turn.status == "failed" and type(turn.error) == "table" then
    local info = turn.error.codexErrorInfo
    if info == "unauthorized" then
      session:fail { code = -32000, message = NOT_LOGGED_IN }
    else
      session:fail { message = sentence(turn.error.message), data = { codexErrorInfo = info } }
    end
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
    if params.willRetry then session:warn(sentence(params.error.message)) end
  end,
}

function listen(session)
  agent:on_line(function(line)
    local ok, frame = pcall(json.decode, line)
    if not ok or type(frame) ~= "table" then return host.log("warn", "codex wrote a line that is no JSON") end
    if frame.method and frame.id ~= nil and session then
      question(session, frame)
    elseif frame.method and session then
      local handler = HANDLERS[frame.method]
      local thread = frame.params and frame.params.threadId
      -- What other threads do, those of its helpers, is Codex's own affair.
      if handler and (not thread or not state.thread or thread == state.thread) then handler(session, frame.params) end
    elseif waiting[frame.id] then
      waiting[frame.id]:set(frame)
    end
  end)
end

local function version_warning(session, version)
  local major, minor = tostring(version):match("^(%d+)%.(%d+)")
  if not major then return end
  local is, least = tonumber(major) * 1000 + tonumber(minor), MIN_VERSION[1] * 1000 + MIN_VERSION[2]
  if is < least then session:warn("Codex " .. version .. " is older than what Praxis was tested with (0.169)") end
end

local function models()
  local list = json.array()
  for _, model in ipairs(call("model/list", {}).data or {}) do
    if not model.hidden then
      table.insert(list, { value = model.model, name = model.displayName, description = model.description })
    end
  end
  return list
end

-- The session's MCP servers as Codex configures them. They go over its stdin: they may hold secrets.
local function mcp_servers(session)
  local servers = {}
  for _, server in ipairs(session.mcpServers) do
    if server.type == "stdio" then
      servers[server.name] = { command = server.command, args = server.args, env = server.env }
    else
      servers[server.name] = { url = server.url, http_headers = server.headers }
    end
  end
  return servers
end

local function start(session, context, thread)
  local found = find()
  if not found then error { code = 1003, message = MISSING } end
  connect(session, context, found.path)
  if not logged_in() then error { code = -32000, message = NOT_LOGGED_IN } end
  version_warning(session, found.version)

  state.modes = { table.unpack(MODES) }
  if session.yolo then table.insert(state.modes, FULL) end
  state.mode = session.yolo and FULL.id or "workspace-write"
  local mode = mode_of(state.mode)
  local params = { cwd = session.cwd, approvalPolicy = mode.approval, sandbox = mode.sandbox }
  if session.mcpServers[1] then params.config = { mcp_servers = mcp_servers(session) } end
  local method = "thread/start"
  if thread then method, params.threadId, params.excludeTurns = "thread/resume", thread, true end
  local started = call(method, params, START_MS)
  state.thread, state.model = started.thread.id, started.model
  state.models = models()
  local known = false
  for _, model in ipairs(state.models) do known = known or model.value == state.model end
  if not known then table.insert(state.models, { value = state.model, name = state.model }) end
  session:save(state)

  local modes = json.array()
  for i, each in ipairs(state.modes) do
    modes[i] = { id = each.id, name = each.name, description = each.description }
  end
  return {
    id = state.thread,
    modes = { currentModeId = state.mode, availableModes = modes },
    configOptions = config(),
  }
end

local function interrupt() request("turn/interrupt", { threadId = state.thread, turnId = state.turn }) end

local function set_mode(session, id)
  if not mode_of(id) then error { code = -32602, message = "There is no mode " .. id } end
  state.mode, state.changed = id, true
  session:save(state)
  session:mode(id)
  session:config_options(config())
end

local function input_of(block)
  if block.type == "image" then
    return { type = "image", url = ("data:%s;base64,%s"):format(block.mimeType, block.data) }
  end
  local text = block.text
  if block.type == "resource_link" then
    text = ("[@%s](%s)"):format(block.name, block.uri)
  elseif block.type == "resource" then
    text = ('<context ref="%s">\n%s\n</context>'):format(block.resource.uri, block.resource.text or "(not a text)")
  end
  return { type = "text", text = text, text_elements = json.array() }
end

return {
  capabilities = { image = true, embeddedContext = true, mcp = { "stdio", "http" } },

  detect = function(context)
    local found = find()
    if not found then return { title = "Codex", status = "missing", hint = MISSING } end
    local told = { title = "Codex", version = found.version, status = "ready" }
    if not probe(context, found.path) then told.status, told.hint = "needs_setup", NOT_LOGGED_IN end
    return told
  end,

  open = function(session, context) return start(session, context) end,

  resume = function(session, context, id) return start(session, context, id) end,

  restored = function(session, _, running)
    agent, state = host.attach(running[1].kind, running[1].handle), session.saved
    for _, asked in pairs(state.questions) do
      host.task(function() ask(session, asked) end)
    end
    listen(session)
  end,

  prompt = function(_, blocks)
    local input = json.array()
    for i, block in ipairs(blocks) do input[i] = input_of(block) end
    local params = { threadId = state.thread, input = input, model = state.chosen }
    if state.changed then
      local mode = mode_of(state.mode)
      params.approvalPolicy, params.sandboxPolicy = mode.approval, mode.policy
    end
    state.turn, state.cancelled = nil, false
    state.turn = call("turn/start", params).turn.id
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
