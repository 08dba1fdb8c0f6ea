-- Any program on a terminal that takes a line and shows a prompt again, as the owner of the node names it in node.json:
-- "agents": { "python": { "command": ["python3", "-i"], "pty": { "ready": ">>> " } } }. docs/connectors.md tells its fields.

-- Milliseconds: until the first prompt is there; without output after which a prompt is one, and after a cancel, which may have hit
-- the program at its prompt and bring another one; without output after which a line goes out before its end; that a cancel waits for
-- the echo of what was typed.
local START_MS, QUIET_MS, CANCEL_QUIET_MS, PATIENCE_MS, ECHO_MS = 25000, 60, 500, 300, 2000
-- Characters of an unfinished line that may be the beginning of a prompt.
local HELD = 80

local terminal, config
-- What a fresh VM must know: the lines that are still to be typed, and whether a turn is under way.
local turn = { lines = json.array() }
-- What was shown and not said yet, and the lines whose echo is still to come.
local pending, echoes = "", {}

local function fields_of(context)
  local pty = context.agent.pty
  return {
    ready = pty.ready, finish = pty["end"] or pty.ready, more = pty.more, cancel = pty.cancel or "\3", submit = pty.submit or "\r",
    echo = pty.echo ~= false, term = pty.term or "dumb",
  }
end

-- The pattern, at the end of the text.
local function at_end(pattern)
  if pattern:sub(-1) == "$" and pattern:sub(-2, -2) ~= "%" then return pattern end
  return pattern .. "$"
end

-- What is wrong with the patterns; nil for nothing.
local function problem_of(context)
  for _, name in ipairs { "ready", "end", "more" } do
    local pattern = context.agent.pty[name]
    local ok, problem = pcall(string.find, "", at_end(pattern or ""))
    if not ok then
      return ("agents.%s.pty.%s in node.json is no pattern of Lua: %s"):format(context.id, name, problem:gsub("^.-:%d+: ", ""))
    end
    if pattern and (""):find(at_end(pattern)) then
      return ("agents.%s.pty.%s in node.json matches an empty text: say what the program shows"):format(context.id, name)
    end
  end
end

-- Where in the pending text the prompt begins, if it is there now.
local function prompt_at(patterns)
  for _, pattern in ipairs(patterns) do
    local from = pending:find(at_end(pattern))
    if from then return from end
  end
end

local function words(text) return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")) end

-- The text without the lines that the program shows because they were typed.
local function without_echo(text)
  while echoes[1] do
    local line, rest = text:match("^([^\n]*)\n(.*)$")
    if not line then return "", text end
    if words(line) ~= words(echoes[1]) then break end
    table.remove(echoes, 1)
    text = rest
  end
  echoes = {}
  return text, ""
end

-- Says the first so many bytes of what is pending.
local function say(session, count)
  local text, kept = without_echo(pending:sub(1, count))
  pending = kept .. pending:sub(count + 1)
  if text ~= "" then session:message(text) end
end

-- How many bytes of the pending text are no prompt, nor may become one that has so many line ends in it.
local function sayable(lines)
  local from = #pending + 1
  for _ = 0, lines do
    from = from - 1
    while from > 0 and pending:byte(from) ~= 10 do from = from - 1 end
  end
  if lines > 0 or #pending - from <= HELD then return math.max(from, 0) end
  local cut = #pending - HELD
  while cut > 0 and pending:byte(cut + 1) & 0xC0 == 0x80 do cut = cut - 1 end
  return cut
end

local function line_ends(patterns)
  local most = 0
  for _, pattern in ipairs(patterns) do most = math.max(most, select(2, pattern:gsub("\n", ""))) end
  return most
end

-- Says what comes, up to one of these prompts. Without a session nothing is said.
local function follow(session, patterns, ms)
  local lines = line_ends(patterns)
  while true do
    local at, cancelled = prompt_at(patterns), turn.cancelled
    local quiet_ms = cancelled and CANCEL_QUIET_MS or QUIET_MS
    local text, why = terminal:read_text(at and quiet_ms or ms or PATIENCE_MS)
    if text then
      pending = pending .. text
      if session and not prompt_at(patterns) then say(session, sayable(lines)) end
    elseif why == "ended" then
      if session then say(session, #pending) end
      error("the program has ended")
    elseif at then
      -- A cancel that has come meanwhile is waited for.
      if turn.cancelled == cancelled then
        if session then say(session, at - 1) end
        pending, echoes = "", {}
        return
      end
    elseif ms then
      error("no prompt came within " .. ms // 1000 .. " s")
    elseif session and lines == 0 and #echoes == 0 then
      say(session, #pending)
    end
  end
end

-- Types what is left of the turn, which is over then.
local function work(session)
  while turn.lines[1] do
    local line = table.remove(turn.lines, 1)
    session:save(turn)
    if config.echo then for each in (line .. "\n"):gmatch("(.-)\n") do table.insert(echoes, each) end end
    terminal:paste(line, { submit = config.submit, submit_ms = line:find("\n") and 150 or 0 })
    follow(session, turn.lines[1] and { config.more, config.finish } or { config.finish, config.more })
  end
  turn = { lines = json.array() }
  session:save(turn)
end

local function text_of(blocks)
  local texts = {}
  for _, block in ipairs(blocks) do
    if block.type == "text" then table.insert(texts, block.text)
    elseif block.type == "resource_link" then table.insert(texts, block.uri)
    end
  end
  return (table.concat(texts, "\n"):gsub("\r\n?", "\n"))
end

return {
  text = function(_, context) return context.agent.pty.text or "plain" end,

  detect = function(context)
    local title, program = context.agent.title, context.agent.command[1]
    if not host.which(program) then
      local hint = ("%s is not there: install it, or correct agents.%s.command in node.json"):format(program, context.id)
      return { title = title, status = "needs_setup", hint = hint }
    end
    local problem = problem_of(context)
    return { title = title, status = problem and "needs_setup" or "ready", hint = problem }
  end,

  open = function(session, context)
    local problem = problem_of(context)
    if problem then error { code = 1003, message = problem } end
    config = fields_of(context)
    terminal = host.pty {
      command = context.agent.command, env = context.agent.env, agent = true, term = config.term, cols = 500, rows = 24, scrollback = 100,
    }
    local ok, why = pcall(follow, nil, { config.ready }, START_MS)
    if ok then return end
    error {
      code = 1003,
      message = ("%s did not show its prompt (agents.%s.pty.ready in node.json): %s. It shows:\n%s"):format(
        context.agent.title, context.id, tostring(why):gsub("^.-:%d+: ", ""), terminal:screen().text
      ),
    }
  end,

  prompt = function(session, blocks)
    local text = text_of(blocks)
    turn = { lines = json.array { text }, running = true }
    -- To a program that takes no pastes, a line is an input, which it answers with a prompt.
    if config.more or not terminal:screen().paste then
      turn.lines = json.array()
      for line in (text .. "\n"):gmatch("(.-)\n") do table.insert(turn.lines, line) end
    end
    work(session)
    return "end_turn"
  end,

  cancel = function()
    local meant = turn
    if not meant.running then return end
    meant.lines = json.array()
    -- Not while it reads: a program may lose a cancel that comes between two characters of a line (Python's does).
    local until_ms = host.now() + ECHO_MS
    while turn == meant and echoes[1] and host.now() < until_ms do host.sleep(20) end
    -- Nor at its prompt: what the cancel brings there would be taken for the next answer. So one that is on its way comes first.
    host.sleep(QUIET_MS)
    while turn == meant and prompt_at { config.finish, config.more } do host.sleep(20) end
    if turn == meant then
      meant.cancelled = true
      terminal:write(config.cancel)
    end
  end,

  restored = function(session, context, running)
    config = fields_of(context)
    for _, entry in ipairs(running) do terminal = host.attach(entry.kind, entry.handle) end
    turn = session.saved or turn
    if not turn.running then return end
    host.task(function()
      follow(session, { config.finish, config.more })
      work(session)
      session:done("end_turn")
    end)
  end,
}
