-- Codex on a terminal: the interactive program. Its state is what it reports by OSC 7501, the thread's id is the terminal's title, all
-- that is said and done is read from the thread's rollout file; the screen tells which dialog is open, and nothing else.

local install, rollout, blocks = host.library "install", host.library "rollout", host.library "blocks"
local dialogs, mcp, modes = host.library "dialogs", host.library "mcp", host.library "modes"

local START_MS, SETTLE_MS, TAKE_MS, DIALOG_MS, POLL_MS = 25000, 2000, 5000, 10000, 50
-- How long the row of a call may be behind its dialog; after how long a key that had no effect is pressed again; how often to look.
local ROW_MS, AGAIN_MS, LOOK_MS = 2000, 500, 100
-- Bytes at the end of a prompt that are looked at for a name.
local LAST_WORD = 200
local SESSIONS = { "$CODEX_HOME/sessions/*/*/*/rollout-*.jsonl", "~/.codex/sessions/*/*/*/rollout-*.jsonl" }
local UUID = "^%x+%-%x+%-%x+%-%x+%-%x+$"

-- Screens of a first start, which are the person's to answer: -32000 asks for a login, 1003 says that the agent could not be started.
local SETUP = {
  ["Sign in with ChatGPT"] = { code = -32000, message = install.NOT_LOGGED_IN },
  ["Trust this folder%?"] = {
    code = 1003, message = "Needs setup: Codex does not trust this folder yet. Run `codex` once in it on this node, and answer what it asks",
  },
  ["Hooks need review"] = {
    code = 1003, message = "Needs setup: Codex wants its hooks to be reviewed. Run `codex` once on this node, and answer what it asks",
  },
}

local terminal
-- Set when the turn that was typed has begun.
local begun
-- Whether a dialog is being looked after.
local asking = false
-- The last status that Codex reported.
local status
-- What a fresh VM must know: the thread, and what rollout.lua keeps of the turn.
local state = { calls = {}, told = {} }

-- Esc, until the turn is over: Codex does not heed it in the first moments of a turn. One that has not begun is interrupted when it does.
local function interrupt()
  local turn = state.turn
  host.task(function()
    while turn and state.turn == turn and (status == "working" or status == "blocked") do
      terminal:write("\27")
      host.sleep(AGAIN_MS)
    end
  end)
end

local function read(session, file)
  file:on_line(function(line)
    local ok, row = pcall(json.decode, line)
    if not ok or type(row) ~= "table" then return host.log("warn", "codex wrote a row that is no JSON") end
    local what = rollout.take_row(session, state, row)
    session:save(state)
    if what == "started" and begun then begun:set(true) end
    if what == "garbled" then session:fail("The prompt did not reach Codex as it was written, so its turn was stopped") end
    if what == "garbled" or what == "started" and state.cancelled then interrupt() end
  end)
end

-- The path of the thread's rollout file; nil before its first prompt.
local function rollout_file()
  for _, pattern in ipairs(SESSIONS) do
    local found = host.files { pattern = pattern:gsub("%*%.jsonl$", "*-" .. state.thread .. ".jsonl") }
    if found[1] then return found[1].path end
  end
end

-- Reads the rollout from where it is made; it is made with the first prompt.
local function follow(session)
  if state.reading then return end
  local limit = host.now() + START_MS
  local path = rollout_file()
  while not path do
    if host.now() > limit then error("Codex did not take the prompt: no rollout file has appeared") end
    host.sleep(POLL_MS)
    path = rollout_file()
  end
  state.reading = true
  read(session, host.tail { path = path, from = "start" })
end

-- The dialog on the screen that has not been answered. Codex draws none while somebody types, and an answered one stays for a moment.
local function open_dialog()
  local begin, unknown = host.now(), nil
  while status == "blocked" and host.now() < begin + DIALOG_MS do
    local dialog = dialogs.find(terminal:screen(), state.calls)
    local call = dialog and dialog.call
    if call and not call.answered then return dialog end
    if dialog and not call and dialog.text ~= state.quoted then
      unknown = unknown or host.now()
      if host.now() > unknown + ROW_MS then return dialog end
    end
    terminal:wait_screen(LOOK_MS)
  end
end

local function is_open(dialog)
  local now = status == "blocked" and dialogs.find(terminal:screen(), state.calls)
  return now and now.call == dialog.call and (now.call ~= nil or now.text == dialog.text)
end

-- Puts one dialog to a person and presses the key of the answer. One that is answered on the terminal itself is called off. False when
-- there is nothing more to ask.
local function answer_dialog(session)
  local dialog = open_dialog()
  if not dialog then
    if status == "blocked" then
      session:warn("Codex asks something that Praxis does not know: answer on its terminal, or cancel the prompt")
    end
    return false
  end
  local list, keys = dialogs.answers(dialog)
  local tool, asked = dialogs.question(dialog, state.turn), true
  host.task(function()
    while asked do
      if not is_open(dialog) then host.sleep(AGAIN_MS) end
      if asked and not is_open(dialog) then return session:withdraw(tool.toolCallId) end
      terminal:wait_screen()
    end
  end)
  local choice = session:request_permission { toolCall = tool, options = list }
  asked = false
  if not choice then return not state.cancelled end
  local open = is_open(dialog)
  if dialog.call then dialog.call.answered = true else state.quoted = dialog.text end
  session:save(state)
  if open then terminal:write(keys[choice]) end
  return true
end

-- One dialog may follow another without a new report.
local function look_after_dialogs(session)
  if asking then return end
  asking = true
  host.task(function()
    local ok, problem = pcall(function()
      while status == "blocked" and answer_dialog(session) do end
    end)
    asking = false
    if not ok then error(problem) end
  end)
end

local function watch(session)
  terminal:on_status(function(told)
    status = told.state
    if status == "blocked" then look_after_dialogs(session) end
  end)
end

-- Waits until Codex takes prompts. An error when it wants something else first, has ended, or says nothing.
local function wait_ready()
  local seen = host.future()
  host.task(function()
    if terminal:wait_status("idle", START_MS) then seen:set("ready") end
  end)
  host.task(function()
    local patterns = {}
    for pattern in pairs(SETUP) do patterns[pattern] = pattern end
    local match = terminal:expect_screen(patterns, START_MS)
    -- In a thread that is taken up again the words may be those of a conversation.
    if match and not terminal:wait_status("idle", SETTLE_MS) then seen:set(match.which) end
  end)
  local what = seen:wait(START_MS)
  if SETUP[what] then error(SETUP[what]) end
  if what ~= "ready" then error("Codex did not start. The end of its screen: " .. terminal:screen().text:sub(-500)) end
end

local function thread_id()
  local known = host.future()
  terminal:on_title(function(title)
    if title:find(UUID) then known:set(title) end
  end)
  return known:wait(START_MS)
end

local function command_of(session, path, thread)
  local mode = modes.find(modes.ALL, modes.FIRST)
  local command = { path }
  local function add(...)
    for _, word in ipairs { ... } do table.insert(command, word) end
  end
  if thread then add("resume", thread) end
  add("--no-daemon", "--no-alt-screen", "-a", mode.approval, "-s", mode.sandbox, "-c", 'tui.terminal_title=["thread-title"]')
  for _, setting in ipairs(mcp.settings(session)) do add("-c", setting) end
  return command
end

local function start(session, thread)
  local found = install.required()
  terminal = host.pty { command = command_of(session, found.path, thread), agent = true }
  wait_ready()
  state.thread = thread or thread_id()
  if not state.thread then error("This Codex does not tell the id of its thread; 0.169 does") end
  install.version_warning(session, found.version)
  watch(session)
  session:save(state)
  return { id = state.thread }
end

return {
  capabilities = { embeddedContext = true, mcp = { "stdio" } },
  reads = SESSIONS,

  open = function(session) return start(session) end,

  resume = function(session, _, id)
    local answer = start(session, id)
    local path = rollout_file()
    if path then
      state.reading = true
      read(session, host.tail { path = path, from = "end" })
    end
    return answer
  end,

  restored = function(session, _, running)
    state = session.saved
    for _, each in ipairs(running) do
      if each.kind == "pty" then terminal = host.attach("pty", each.handle) end
    end
    watch(session)
    state.reading = false
    for _, each in ipairs(running) do
      if each.kind == "tail" then
        state.reading = true
        read(session, host.attach("tail", each.handle))
      end
    end
    -- A first prompt was just being typed.
    if state.typed and not state.reading then host.task(function() follow(session) end) end
  end,

  prompt = function(session, content)
    local text = blocks.join(content)
    -- At its beginning a slash or "!" makes a command of it, at its end "@" or "$" opens a list of names. Codex takes outer blanks away.
    if text:find("^%s*[/!]") then text = " " .. text end
    if text:sub(-LAST_WORD):find("[@$]%S*$") then text = text .. " " end
    begun, state.cancelled, state.typed = host.future(), false, text
    session:save(state)
    if not terminal:paste(text, { bracketed = true }) then
      session:warn("Control characters were left out of the prompt: a terminal takes them for keys")
    end
    follow(session)
    if begun:wait(TAKE_MS) or begun.done then return end
    -- The Enter came too early. Another one does no harm where there is no dialog.
    if status ~= "blocked" and not dialogs.find(terminal:screen(), state.calls) then terminal:write("\r") end
    if not begun:wait(TAKE_MS) then error("Codex did not take the prompt: look at its terminal") end
  end,

  cancel = function()
    state.cancelled = true
    interrupt()
  end,
}
