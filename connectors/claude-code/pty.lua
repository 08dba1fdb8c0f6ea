-- Claude Code's interactive program on a terminal. Its state comes from its status reports (OSC 7501), its text and its tools from the
-- transcript that it writes: whole blocks, and never what the screen shows. Prompts and answers are typed.

local install, tools, mcp = host.library "install", host.library "tools", host.library "mcp"
local transcript, typing, dialogs, blocks_as = host.library "transcript", host.library "typing", host.library "dialogs", host.library "blocks"

-- Milliseconds: to start; until a prompt that was submitted is in the transcript; for the last rows and reports of a turn.
local START_MS, ARRIVE_MS, LAST_MS = 25000, 8000, 3000
-- Keys do nothing for half a second after a question has appeared. One that did nothing is typed again.
local DEAF_MS, KEY_MS, KEY_TRIES = 600, 1500, 4
local ESC, ENTER, CLEAR, NEXT_MODE = "\27", "\r", "\3", "\27[Z"

local MODES = {
  { id = "default", name = "Ask", description = "Asks before it changes anything" },
  { id = "acceptEdits", name = "Accept edits", description = "Edits files without asking" },
  { id = "plan", name = "Plan", description = "Reads and plans, changes nothing" },
}
local BYPASS = { id = "bypassPermissions", name = "Bypass permissions", description = "Asks nothing" }
local RESTING = { idle = true, done = true, error = true, clear = true }

local agent, file
-- The newest status report, how many there were, when it came.
local status, reports, since = { state = "idle" }, 0, 0
local ended = false
-- What a fresh VM must know: the conversation's id and file, the mode, the turn, the tools under way in the order of their calls.
local state

-- What waits is told of every report and row.
local change = host.future()
local function changed()
  local was = change
  change = host.future()
  was:set(true)
end

-- Waits until check() says so; false when it does not within `ms`, or the program has ended.
local function await(check, ms)
  local limit = host.now() + ms
  while not check() do
    local left = limit - host.now()
    if left <= 0 or ended then return false end
    change:wait(left)
  end
  return true
end

-- Whether the turn was submitted and the program does nothing more for it.
local function rests(turn) return turn.sent and reports > turn.reports and RESTING[status.state] == true end

local function close_turn(session, turn, outcome)
  if state.turn ~= turn or turn.closing then return end
  turn.closing = true
  -- A prompt that was cancelled early is put back into its box.
  if turn.cancelled then
    local screen = agent:settle(80, 800) or agent:screen()
    if screen and dialogs.has_text(screen.text) then agent:write(CLEAR) end
  end
  state.turn, state.open = nil, json.array()
  session:save(state)
  changed()
  if type(outcome) == "table" then session:fail(outcome) else session:done(outcome) end
end

-- The turn is over when the transcript and the reports both say so; or one does, and the other says nothing more.
local function check_end(session)
  local turn = state.turn
  if not turn then return end
  local rested = rests(turn)
  if turn.over and rested then return host.task(function() close_turn(session, turn, turn.over) end) end
  if turn.late or not (turn.over or rested) then return end
  turn.late = true
  host.task(function()
    await(function() return state.turn ~= turn or (turn.over and rests(turn)) end, LAST_MS)
    turn.late = false
    if state.turn ~= turn or not (turn.over or rests(turn)) then return end
    local failed = status.state == "error" and { message = status.msg or "Claude reported an error" }
    close_turn(session, turn, turn.over or failed or (turn.cancelled and "cancelled") or "end_turn")
  end)
end

local function over(session, outcome)
  if not state.turn then return end
  state.turn.over = outcome
  check_end(session)
end

-- Types a key; again when no report came of it.
local function press(key)
  local before = reports
  for _ = 1, KEY_TRIES do
    local deaf = since + DEAF_MS - host.now()
    if status.state == "blocked" and deaf > 0 then await(function() return reports ~= before end, deaf) end
    if reports ~= before then return true end
    agent:write(key)
    if await(function() return reports ~= before end, KEY_MS) then return true end
  end
  return false
end

local function interrupt(turn)
  -- What was submitted a moment ago is not working yet.
  await(function() return reports > turn.reports end, KEY_MS)
  for _ = 1, KEY_TRIES do
    if state.turn ~= turn or rests(turn) then return end
    press(ESC)
  end
end

-- The call that a question is about: the report has the tool's name and the beginning of what it wants.
local function asked_about(message, exact)
  local name, detail = message:match("^approve ([^:]+): (.*)$")
  detail = detail and detail:gsub("…$", ""):gsub("%.%.%.$", "")
  for _, call in ipairs(state.open) do
    if call.name == name then
      if not exact then return call end
      for _, value in pairs(call.input) do
        if type(value) == "string" and value:sub(1, #detail) == detail then return call end
      end
    end
  end
  return not exact and #state.open == 1 and state.open[1] or nil
end

-- The answers on the screen in the words of ACP. What grants more directories, or leaves asking to a model, is not offered.
local function options_of(screen)
  local options, keys = json.array(), {}
  for _, answer in ipairs(dialogs.answers(screen)) do
    if answer.label == "Yes" and not keys.allow then
      options[#options + 1], keys.allow = { optionId = "allow", name = "Allow", kind = "allow_once" }, answer.key
    elseif answer.label:find("^Yes") and not answer.label:find("access to") and not answer.label:find("auto mode") and not keys.always then
      local label = answer.label:gsub("%s*%b()$", "")
      options[#options + 1], keys.always = { optionId = "always", name = label, kind = "allow_always" }, answer.key
    end
  end
  options[#options + 1], keys.reject = { optionId = "reject", name = "Reject", kind = "reject_once" }, ESC
  return options, keys
end

local function ask(session, report)
  local turn, message = state.turn, report.msg or ""
  await(function() return asked_about(message, true) ~= nil end, LAST_MS)
  local call = asked_about(message, true) or asked_about(message, false)
  if state.turn ~= turn or status ~= report then return end
  local tool = call and tools.describe(call.name, call.input) or { title = message, kind = "other", rawInput = { message = message } }
  tool.toolCallId, tool.status = call and call.id or "question-" .. since, "pending"
  agent:expect_screen("\n[%s❯]*1%. ", LAST_MS)
  local options, keys = options_of(agent:screen().text)
  local choice = session:request_permission { toolCall = tool, options = options }
  -- A question that was called off is answered by the cancel.
  if not choice or status ~= report then return end
  if choice ~= "reject" then session:tool_update { toolCallId = tool.toolCallId, status = "in_progress" } end
  press(keys[choice] or ESC)
end

local function mode_is(session, mode)
  if not mode or mode == state.mode then return end
  state.mode = mode
  session:save(state)
  session:mode(mode)
end

local function reported(session, report)
  status, reports, since = report, reports + 1, host.now()
  changed()
  local turn = state.turn
  if report.state == "blocked" and turn and turn.sent then
    if report.kind == "permission" then
      host.task(function() ask(session, report) end)
    else
      local hint = " (on the node, run once: claude)"
      over(session, { code = report.kind == "auth" and -32000 or nil, message = (report.msg or "Claude waits for its owner") .. hint })
    end
  end
  check_end(session)
end

-- What the transcript tells of the turn.
local function heard(session)
  return {
    prompt = function(text)
      local turn = state.turn
      if not turn or not turn.sent or turn.arrived then return end
      turn.arrived = true
      if typing.arrived(turn.typed, text) then return end
      turn.over = { message = "Claude's interactive program changed the prompt, so that it was stopped: send it over the transport stream" }
      host.task(function() interrupt(turn) end)
    end,
    opened = function(id, name, input)
      table.insert(state.open, { id = id, name = name, input = input })
      session:save(state)
    end,
    closed = function(id)
      for i, call in ipairs(state.open) do
        if call.id == id then table.remove(state.open, i) break end
      end
    end,
    interrupted = function()
      local turn = state.turn
      if turn then over(session, turn.over or (turn.cancelled and "cancelled") or "end_turn") end
    end,
    failed = function(problem) over(session, problem) end,
    ended = function() over(session, state.turn and state.turn.over or "end_turn") end,
    mode = function(mode) mode_is(session, mode) end,
  }
end

local function watch(session)
  agent:on_status(function(report) reported(session, report) end)
  agent:on_exit(function()
    ended = true
    changed()
  end)
end

local function follow(session)
  local on = heard(session)
  file:on_line(function(line)
    transcript.hear(session, line, on)
    changed()
  end)
end

-- Waits until it takes prompts. A question of a first start is its owner's to answer.
local function ready(session)
  local limit = host.now() + START_MS
  while host.now() < limit do
    local report, why = agent:wait_status("idle", 300)
    if report then return end
    local screen = agent:screen().text
    local question = dialogs.setup(screen)
    if question then
      error { code = 1003, message = ("Needs setup: Claude Code asks %s. Run `claude` once on this node, in %s, and answer it"):format(question, session.cwd) }
    end
    if why == "ended" then error { code = 1003, message = "Claude Code ended at its start: " .. dialogs.last_words(screen) } end
  end
  error { code = 1003, message = "Claude Code did not report that it is ready; its interactive program does so since 2.1.295" }
end

local function start(session, id, how)
  local found = install.required()
  local mode = session.yolo and install.may_bypass() and BYPASS.id or "default"
  state = { id = id, path = transcript.path_of(id, session.cwd), mode = mode, open = json.array() }
  file = host.tail { path = state.path, from = "end" }
  local command = { found.path, how, id, "--permission-mode", mode, "--disallowed-tools", "AskUserQuestion" }
  for _, argument in ipairs(mcp.arguments(session)) do table.insert(command, argument) end
  agent = host.pty { command = command, agent = true, scrollback = 0 }
  watch(session)
  ready(session)
  follow(session)
  install.version_warning(session, found.version)
  session:save(state)
  local modes = { table.unpack(MODES) }
  if mode == BYPASS.id then table.insert(modes, BYPASS) end
  return { id = id, modes = { currentModeId = mode, availableModes = modes } }
end

-- A conversation of a long path is elsewhere than its name says.
local function look_elsewhere(session)
  local path = transcript.path_of(state.id, session.cwd)
  local folder = "[^/]+/[^/]+$"
  if path:match(folder) == state.path:match(folder) then return end
  state.path = path
  file:stop()
  file = host.tail { path = path, from = "start" }
  follow(session)
  session:save(state)
end

local function submit(session, turn)
  host.sleep(#turn.typed > 800 and 400 or 150)
  if turn.cancelled then
    agent:write(CLEAR)
    return close_turn(session, turn, "cancelled")
  end
  turn.reports, turn.sent = reports, true
  session:save(state)
  if not press(ENTER) then
    agent:write(CLEAR)
    return close_turn(session, turn, { message = "Claude's interactive program did not take the prompt" })
  end
  local function there() return turn.arrived or state.turn ~= turn end
  if await(there, ARRIVE_MS / 4) then return end
  look_elsewhere(session)
  if await(there, ARRIVE_MS) or turn.cancelled then return end
  turn.over = { message = "The prompt did not come into Claude's transcript, so that it was stopped: " .. state.path }
  interrupt(turn)
  check_end(session)
end

return {
  reads = transcript.READS,

  capabilities = { embeddedContext = true, mcp = { "stdio", "http", "sse" } },

  open = function(session) return start(session, session.sessionId, "--session-id") end,

  resume = function(session, _, id) return start(session, id, "--resume") end,

  restored = function(session, _, running)
    state = session.saved
    for _, each in ipairs(running) do
      if each.kind == "pty" then agent = host.attach(each.kind, each.handle) else file = host.attach(each.kind, each.handle) end
    end
    for _, call in ipairs(state.open) do tools.known(call.id, call.name) end
    if state.turn then state.turn.reports = -1 end
    watch(session)
    follow(session)
  end,

  prompt = function(session, blocks)
    local text = blocks_as.join(blocks)
    typing.check(text)
    local typed, told = typing.typed(text)
    if told then session:warn(told) end
    local turn = { typed = typed, reports = reports }
    state.turn = turn
    session:save(state)
    if not agent:paste(typed, typing.PASTE) then session:warn("Control characters of the prompt were left out") end
    submit(session, turn)
  end,

  cancel = function()
    local turn = state.turn
    if not turn then return end
    turn.cancelled = true
    if turn.sent then interrupt(turn) end
  end,

  set_mode = function(session, id)
    for _ = 1, 8 do
      local screen = agent:settle(60, 800) or agent:screen()
      if dialogs.mode(screen.text) == id then return mode_is(session, id) end
      agent:write(NEXT_MODE)
    end
    error { code = -32602, message = "Claude Code did not change into its mode " .. id }
  end,
}
