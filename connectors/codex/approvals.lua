-- What Codex asks through its app-server, as permission questions.

local tools = host.library "tools"

-- "Always" is Codex's own proposal for this kind of command, else its word for the rest of the session.
local function decisions(method, params)
  if method == "item/fileChange/requestApproval" then return "acceptForSession", "Allow edits in this session" end
  for _, decision in ipairs(type(params.availableDecisions) == "table" and params.availableDecisions or {}) do
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
    tool.title, tool.kind = tools.plain(params), "execute"
    tool.rawInput = { command = params.command, cwd = params.cwd, reason = params.reason }
  end
  local choice = choose(session, tool, always and label)
  return { decision = choice == nil and "cancel" or choice == "reject" and "decline" or choice == "always" and always or "accept" }
end

-- Whether a tool of an MCP server may run: Codex asks in the words of an MCP elicitation with an empty form.
local function decide_mcp(session, asked)
  local params, call = asked.params, asked.call
  local tool = call and tools.describe(call) or { title = params.message, kind = "other", rawInput = params._meta.tool_params }
  tool.toolCallId = call and call.id or "mcp-" .. tostring(asked.id)
  local choice = choose(session, tool, "Allow in this session")
  if choice == nil then return { action = "cancel", content = json.null } end
  if choice == "reject" then return { action = "decline", content = json.null } end
  return { action = "accept", content = {}, _meta = choice == "always" and { persist = "session" } or nil }
end

-- Whether Praxis can put a request of the server to a person.
local function is_question(method, params)
  if method == "mcpServer/elicitation/request" then
    return type(params._meta) == "table" and params._meta.codex_approval_kind == "mcp_tool_call"
  end
  return method:find("/requestApproval$") ~= nil and not method:find("permissions", 1, true)
end

-- Asks a person. Returns the answer for the server.
local function answer(session, asked)
  return (asked.method == "mcpServer/elicitation/request" and decide_mcp or decide)(session, asked)
end

-- The answer to a question that could not be put to a person.
local function no(method)
  if method == "mcpServer/elicitation/request" then return { action = "decline", content = json.null } end
  return { decision = "decline" }
end

-- The answer to a request that nobody can be asked about, as the rest of a response.
local function refusal(session, method, params)
  if method ~= "mcpServer/elicitation/request" then
    return { error = { code = -32601, message = "Praxis does not answer " .. method } }
  end
  session:warn(("The MCP server %s asked for input, which Praxis does not pass on: %s"):format(params.serverName, params.message))
  return { result = no(method) }
end

return { is_question = is_question, answer = answer, no = no, refusal = refusal }
