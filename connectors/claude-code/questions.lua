-- The permission questions of Claude's interactive program. The report says that there is one, a hook and the transcript say about what,
-- the screen has the answers and their keys.

local program, tools, dialogs = host.library "program", host.library "tools", host.library "dialogs"

-- Milliseconds for the call to come into the transcript; for the question to be on the screen.
local CALL_MS, SCREEN_MS = 700, 3000
local ESC = "\27"

-- Questions of which a hook told, oldest first: { name, input }.
local requests = {}

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- Tools that the report calls by another name.
local NAMES = { Fetch = "WebFetch", Search = "WebSearch", plan = "ExitPlanMode" }

-- What a question is about: a hook tells the tool and its input, the transcript has the call, unless it is one of a subagent.
local function asked_about(message, open)
  local name = message:match("^approve ([^:]+)")
  name = NAMES[name] or name
  local place = requests[1] and 1
  for i, request in ipairs(requests) do
    if request.name == name then place = i break end
  end
  local request = place and requests[place]
  if request then
    for _, call in ipairs(open) do
      -- A plan is in the call alone.
      local fits = next(request.input) == nil or same(call.input, request.input)
      if call.name == request.name and fits then return call, place end
    end
    return { id = "question-" .. program.since, name = request.name, input = request.input, incomplete = true }, place
  end
  local detail, only = (message:match(": (.*)$") or ""):gsub("…$", ""), nil
  for _, call in ipairs(open) do
    if call.name == name then
      only = only == nil and call
      for _, value in pairs(call.input) do
        if type(value) == "string" and value:sub(1, #detail) == detail then return call end
      end
    end
  end
  return only or nil
end

-- An answer that lets Claude do this and ask again the next time.
local function is_once(label) return label == "Yes" or label:find("switch to default") or label:find("manually approve") end

-- One that grants more directories, or leaves asking to a model, is not offered.
local function is_too_much(label) return label:find("access to") or label:find("auto mode") end

-- The answers on the screen in the words of ACP, and the answer of each option.
local function options_of(screen)
  local options, by_id = json.array(), {}
  local function offer(id, name, kind, answer)
    if by_id[id] then return end
    options[#options + 1], by_id[id] = { optionId = id, name = name, kind = kind }, answer
  end
  for _, answer in ipairs(dialogs.answers(screen)) do
    local label = answer.label:gsub("%s*%b()$", "")
    if not label:find("^Yes") then
      -- Esc is No, whatever it is called.
    elseif is_once(label) then
      offer("allow", "Allow", "allow_once", answer)
    elseif not is_too_much(label) then
      offer("always", label, "allow_always", answer)
    end
  end
  offer("reject", "Reject", "reject_once", { key = ESC })
  return options, by_id
end

-- Types an answer: its key, or the arrows that lead to it and Enter.
local function choose(answer)
  if answer.key then return program.press(answer.key) end
  program.listens(function() return false end)
  local arrow = answer.down < 0 and "\27[A" or "\27[B"
  if answer.down ~= 0 then program.terminal:write(arrow:rep(math.abs(answer.down))) end
  local marked = "❯%s+" .. answer.label:gsub("%p", "%%%0")
  local reached = program.terminal:expect_screen(marked, SCREEN_MS)
  program.press(reached and "\r" or ESC)
end

-- Asks the person, and types the answer. `open` lists the calls that have no result yet, `current` says whether the turn goes on.
local function ask(session, report, open, current)
  local message = report.msg or ""
  local function stale() return not current() or program.status ~= report end
  local function known(completely)
    return function()
      local call = asked_about(message, open())
      return stale() or (call and not (completely and call.incomplete))
    end
  end
  program.await(known(false), SCREEN_MS)
  -- A call that a hook tells and that is not in the transcript soon is a subagent's.
  program.await(known(true), CALL_MS)
  local call, request = asked_about(message, open())
  if request then table.remove(requests, request) end
  if stale() then return end
  local tool = call and tools.describe(call.name, call.input) or { title = message, kind = "other", rawInput = { message = message } }
  tool.toolCallId, tool.status = call and call.id or "question-" .. program.since, "pending"
  program.terminal:expect_screen("\n%s*❯ [^\n]*\n[^─]*$", SCREEN_MS)
  local options, by_id = options_of(program.terminal:screen().text)
  if not options[2] then session:warn("Claude asks what Praxis cannot answer: " .. message) end
  local choice = session:request_permission { toolCall = tool, options = options }
  -- One that was called off is answered by the cancel.
  if not choice or stale() then return end
  if choice ~= "reject" and call and not call.incomplete then session:tool_update { toolCallId = call.id, status = "in_progress" } end
  choose(by_id[choice] or { key = ESC })
end

return {
  ask = ask,
  told = function(name, input) table.insert(requests, { name = name, input = input }) end,
  forget = function() requests = {} end,
}
