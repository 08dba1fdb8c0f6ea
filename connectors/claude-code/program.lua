-- Claude's interactive program on its terminal: what it reports of itself (OSC 7501), and keys that are typed until it heeds them.

local dialogs = host.library "dialogs"

-- Keys do nothing for half a second after a question has appeared. One that did nothing is typed again.
local DEAF_MS, KEY_MS, KEY_TRIES = 600, 1500, 4
-- From one to the next it takes Ctrl+C for "quit".
local CLEAR, CLEAR_MS = "\3", 2500

-- The newest status report, how many there were, and when it came.
local program = { status = { state = "idle" }, reports = 0, since = 0, ended = false, KEY_TRIES = KEY_TRIES, KEY_MS = KEY_MS }

local RESTING = { idle = true, done = true, error = true, clear = true }

-- What waits is told of every report and row.
local change = host.future()
function program.changed()
  local was = change
  change = host.future()
  was:set(true)
end

-- Waits until check() says so; false when it does not within `ms`, or the program has ended.
function program.await(check, ms)
  local limit = host.now() + ms
  while not check() do
    local left = limit - host.now()
    if left <= 0 or program.ended then return false end
    change:wait(left)
  end
  return true
end

-- Whether it does nothing. Where it wants a login it asks no question.
function program.idle()
  local status = program.status
  return RESTING[status.state] == true or (status.state == "blocked" and status.kind == "auth")
end

-- Waits until the program heeds keys; less when `check` says so before.
function program.listens(check)
  local deaf = program.since + DEAF_MS - host.now()
  if program.status.state == "blocked" and deaf > 0 then program.await(check, deaf) end
end

-- Types a key; again until a report came of it, or `done` says that it was heeded. Whether it was.
function program.press(key, done)
  local before = program.reports
  local function heeded() return program.reports ~= before or (done ~= nil and done()) end
  for _ = 1, KEY_TRIES do
    program.listens(heeded)
    if heeded() then return true end
    program.terminal:write(key)
    if program.await(heeded, KEY_MS) then return true end
  end
  return false
end

-- Empties the box in which prompts are typed: a prompt that was cancelled early is put back into it.
function program.clear()
  local screen = program.terminal:settle(80, 800) or program.terminal:screen()
  if not dialogs.has_text(screen.text) then return end
  local wait = (program.cleared or 0) + CLEAR_MS - host.now()
  if wait > 0 then host.sleep(wait) end
  program.terminal:write(CLEAR)
  program.cleared = host.now()
  program.terminal:settle(80, 800)
end

-- Takes the terminal; `reported` gets each report after the others know of it.
function program.watch(terminal, reported)
  program.terminal = terminal
  terminal:on_status(function(report)
    program.status, program.reports, program.since = report, program.reports + 1, host.now()
    program.changed()
    reported(report)
  end)
  terminal:on_exit(function()
    program.ended = true
    program.changed()
  end)
end

-- Waits until it takes prompts. A question of a first start is its owner's to answer, in the directory `cwd`.
function program.ready(cwd, ms)
  local limit = host.now() + ms
  while host.now() < limit do
    local report, why = program.terminal:wait_status("idle", 300)
    if report then return end
    local screen = program.terminal:screen().text
    local question = dialogs.setup(screen)
    if question then
      error { code = 1003, message = ("Needs setup: Claude Code asks %s. Run `claude` once on this node, in %s, and answer it"):format(question, cwd) }
    end
    if why == "ended" then error { code = 1003, message = "Claude Code ended at its start: " .. dialogs.last_words(screen) } end
  end
  error { code = 1003, message = "Claude Code did not report that it is ready; its interactive program does so since 2.1.295" }
end

return program
