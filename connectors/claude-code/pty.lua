-- Claude Code's interactive program on a terminal. Its state comes from its status reports (OSC 7501), its text and its tools from the
-- transcript that it writes and from its hooks, and never from what the screen shows. Prompts and answers are typed.

local install, tools, mcp = host.library "install", host.library "tools", host.library "mcp"
local program, questions = host.library "program", host.library "questions"
local transcript, hooks, texts = host.library "transcript", host.library "hooks", host.library "texts"
local typing, dialogs, blocks_as = host.library "typing", host.library "dialogs", host.library "blocks"
local await = program.await

-- Milliseconds: to start; for what was typed to be on the screen; until a prompt that was submitted is in the transcript.
local START_MS, TYPED_MS, ARRIVE_MS = 25000, 30000, 8000
-- For the last rows and reports of a turn; of one that was cancelled before anything was said there may be no row.
local LAST_MS, CANCELLED_MS = 3000, 800
-- What it does by itself, when a helper in the background has ended, is waited for.
local BUSY_MS = 30000
local ESC, ENTER, NEXT_MODE, MODE_TRIES = "\27", "\r", "\27[Z", 8

local MODES = {
  { id = "default", name = "Ask", description = "Asks before it changes anything" },
  { id = "acceptEdits", name = "Accept edits", description = "Edits files without asking" },
  { id = "plan", name = "Plan", description = "Reads and plans, changes nothing" },
}
local BYPASS = { id = "bypassPermissions", name = "Bypass permissions", description = "Asks nothing" }
local file, hooked
-- What a fresh VM must know: the conversation's id and file, the mode, the turn, the tools under way in the order of their calls.
local state
-- The texts of the turn, and what hooks showed of them before the prompt was in the transcript.
local said, early = texts.new(), {}

-- Whether the turn was submitted and the program does nothing more for it. Of a turn that took no time there is no report.
local function rests(turn) return turn.sent and program.idle() and (turn.over ~= nil or program.reports > turn.reports) end

local function close_turn(session, turn, outcome)
  if state.turn ~= turn then return end
  state.turn, state.open, state.said, state.untidy = nil, json.array(), nil, turn.cancelled
  questions.forget()
  session:save(state)
  program.changed()
  if type(outcome) == "table" then session:fail(outcome) else session:done(outcome) end
end

-- The turn is over when the transcript and the reports both say so; or one does, and the other says nothing more.
local function check_end(session)
  local turn = state.turn
  if not turn then return end
  local rested = rests(turn)
  if turn.over and rested then return close_turn(session, turn, turn.over) end
  if turn.late or not (turn.over or rested) then return end
  turn.late = true
  host.task(function()
    await(function() return state.turn ~= turn or (turn.over and rests(turn)) end, turn.cancelled and CANCELLED_MS or LAST_MS)
    turn.late = false
    if state.turn ~= turn or not (turn.over or rests(turn)) then return end
    local failed = program.status.state == "error" and { message = program.status.msg or "Claude reported an error" }
    close_turn(session, turn, turn.over or failed or (turn.cancelled and "cancelled") or "end_turn")
  end)
end

-- What came before the prompt of a turn in the transcript is of an earlier turn.
local function over(session, outcome)
  local turn = state.turn
  if not turn or not turn.arrived then return end
  turn.over = turn.problem or outcome
  check_end(session)
end

local function interrupt(turn)
  -- What was submitted a moment ago is not working yet.
  await(function() return turn.arrived or program.reports > turn.reports end, program.KEY_MS)
  for _ = 1, program.KEY_TRIES do
    if state.turn ~= turn or rests(turn) then return end
    program.press(ESC)
  end
end

local function mode_is(session, mode)
  if not mode or mode == state.mode then return end
  state.mode = mode
  session:save(state)
  session:mode(mode)
end

local function reported(session, report)
  local turn = state.turn
  if report.state == "blocked" and state.started then
    if report.kind == "permission" then
      local function current() return state.turn == turn end
      host.task(function() questions.ask(session, report, function() return state.open end, current) end)
    else
      local hint = " (on the node, run once: claude)"
      over(session, { code = report.kind == "auth" and -32000 or nil, message = (report.msg or "Claude waits for its owner") .. hint })
    end
  end
  check_end(session)
end

-- How much was said of the texts of the turn is kept, so that a fresh VM says no part of it again.
local function keep(session)
  state.said = said.said
  session:save(state)
end

local function show(session, event)
  local turn = state.turn
  if not turn then return end
  if not turn.arrived then return table.insert(early, event) end
  if event.prompt_id ~= turn.id then return end
  texts.shown(session, said, event, function(ready)
    await(function() return state.turn ~= turn or (ready() and #state.open == 0) end, ARRIVE_MS)
    return state.turn == turn and ready()
  end)
  keep(session)
end

-- What the transcript tells of the turn.
local function heard(session)
  return {
    prompt = function(text, id)
      local turn = state.turn
      if not turn or not turn.sent or turn.arrived then return end
      turn.arrived, turn.id = true, id
      for _, event in ipairs(early) do show(session, event) end
      early = {}
      if typing.arrived(turn.typed, text) then return end
      turn.problem = { message = "Claude's interactive program changed the prompt, so that it was stopped: send it over the transport stream" }
      host.task(function() interrupt(turn) end)
    end,
    text = function(id, text)
      if not state.turn or not state.turn.arrived then return session:message(text, id) end
      texts.written(session, said, id, text)
      keep(session)
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
      over(session, turn and turn.cancelled and "cancelled" or "end_turn")
    end,
    failed = function(problem) over(session, problem) end,
    ended = function() over(session, "end_turn") end,
    mode = function(mode) mode_is(session, mode) end,
  }
end

local function follow_hooks(session)
  local on = {
    request = questions.told,
    shown = function(event) show(session, event) end,
    usage = function(usage) session:usage(usage) end,
  }
  hooked:on_line(function(line)
    hooks.hear(line, on)
    program.changed()
  end)
end

local function follow(session)
  local on = heard(session)
  file:on_line(function(line)
    transcript.hear(session, line, on)
    program.changed()
  end)
end

local function start(session, id, how)
  local found = install.required()
  local mode = session.yolo and install.may_bypass() and BYPASS.id or "default"
  local path, before = transcript.path_of(id, session.cwd)
  state = { id = id, path = path, mode = mode, open = json.array() }
  file = host.tail { path = path, from = before and "end" or "start" }
  local command = { found.path, how, id, "--permission-mode", mode, "--disallowed-tools", "AskUserQuestion" }
  local events, told = hooks.arguments()
  hooked = host.tail { path = events, from = "start" }
  for _, argument in ipairs(told) do table.insert(command, argument) end
  for _, argument in ipairs(mcp.arguments(session)) do table.insert(command, argument) end
  local terminal = host.pty { command = command, agent = true, scrollback = 0 }
  program.watch(terminal, function(report) reported(session, report) end)
  program.ready(session.cwd, START_MS)
  state.started = true
  follow(session)
  follow_hooks(session)
  install.version_warning(session, found.version)
  state.handles = { terminal = terminal.handle, file = file.handle, hooked = hooked.handle }
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
  state.handles.file = file.handle
  follow(session)
  session:save(state)
end

local function submit(session, turn)
  -- An Enter that comes while it still takes the text would be a line end.
  program.terminal:settle(150, TYPED_MS)
  if turn.cancelled then return close_turn(session, turn, "cancelled") end
  turn.reports, turn.sent = program.reports, true
  session:save(state)
  local function there() return turn.arrived or state.turn ~= turn end
  if not program.press(ENTER, there) then
    turn.cancelled = true
    return close_turn(session, turn, { message = "Claude's interactive program did not take the prompt" })
  end
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
    local streams = {}
    for _, each in ipairs(running) do streams[each.handle] = host.attach(each.kind, each.handle) end
    file, hooked = streams[state.handles.file], streams[state.handles.hooked]
    said = texts.again(state.said)
    for _, call in ipairs(state.open) do tools.known(call.id, call.name) end
    if state.turn then state.turn.reports = -1 end
    program.watch(streams[state.handles.terminal], function(report) reported(session, report) end)
    follow(session)
    follow_hooks(session)
  end,

  prompt = function(session, blocks)
    local text = blocks_as.join(blocks)
    typing.check(text)
    local typed, told = typing.typed(text)
    if told then session:warn(told) end
    if not await(program.idle, BUSY_MS) then
      local status = program.status
      error { message = "Claude's interactive program is busy with something else: " .. (status.msg or status.state) }
    end
    local turn = { typed = typed, reports = program.reports }
    state.turn, said, early = turn, texts.new(), {}
    session:save(state)
    if state.untidy then program.clear() end
    state.untidy = false
    if not program.terminal:paste(typed, typing.PASTE) then session:warn("Control characters of the prompt were left out") end
    submit(session, turn)
  end,

  cancel = function()
    local turn = state.turn
    if not turn then return end
    turn.cancelled = true
    if turn.sent then interrupt(turn) end
  end,

  set_mode = function(session, id)
    local mode = dialogs.mode(program.terminal:screen().text)
    for _ = 1, MODE_TRIES do
      if mode == id then return mode_is(session, id) end
      program.terminal:write(NEXT_MODE)
      local before, limit = mode, host.now() + program.KEY_MS
      while mode == before and host.now() < limit do
        local screen = program.terminal:wait_screen(limit - host.now())
        mode = screen and dialogs.mode(screen.text) or mode
      end
    end
    error { code = -32602, message = "Claude Code did not change into its mode " .. id }
  end,
}
