-- Microsoft 365 Copilot through Microsoft's Work IQ program (https://github.com/microsoft/work-iq), one run of `workiq ask --json` for each
-- prompt, continued by `--conversation-id`. Seen of version 1.0.0: its help, its licence gate, and how it reads its arguments from a
-- file. Its answers need an account; they are tested with a stand-in.
local blocks = host.library "blocks"

local INSTALL = "npm install -g @microsoft/workiq, then run `workiq accept-eula` and `workiq auth login` once"
local VERSION_MS = 10000

-- What the program shows when a person has to do something first, and what that is.
local SETUP = {
  { "accept%-eula", "Work IQ wants its licence to be accepted", "workiq accept-eula" },
  { "[Aa]dmin[%w%s]-consent", "Work IQ wants the consent of the tenant's administrator", "workiq auth consent" },
  { "devicelogin", "Work IQ wants a sign-in", "workiq auth login" },
  { "[Ss]ign%-?%s?in", "Work IQ wants a sign-in", "workiq auth login" },
  { "[Nn]ot signed in", "Work IQ wants a sign-in", "workiq auth login" },
  { "auth login", "Work IQ wants a sign-in", "workiq auth login" },
  { "Msal%w*Exception", "Work IQ could not sign in", "workiq auth login" },
  { "AADSTS%d+", "Work IQ could not sign in", "workiq auth login" },
}

local terminal
-- The conversation, once the program has told its id; and the key under which the node remembers it.
local conversation, key
local cancelled = false

local function find()
  local names = { "workiq", "~/.npm-global/bin/workiq", "~/.local/bin/workiq", "/usr/local/bin/workiq", "/opt/homebrew/bin/workiq" }
  return host.program { names = names, version = { "version" }, ms = VERSION_MS }
end

local function need_setup(shown)
  for _, each in ipairs(SETUP) do
    local pattern, what, command = table.unpack(each)
    if shown:find(pattern) then
      return { code = -32000, message = ("%s: run `%s` once on this node"):format(what, command), data = { shown = shown:sub(1, 2000) } }
    end
  end
end

-- The value of an option, as a line of a file of arguments: in double quotes, of which there is no other inside, and with nothing at its
-- beginning that the program would take for a file or an option.
local function quoted(value)
  local line = value:gsub("%s+", " "):gsub('"', "”")
  if line:find("^[@/-]") then line = " " .. line end
  return '"' .. line .. '"'
end

-- What the program wrote, and how it ended. It is stopped when it waits for a person.
local function run(arguments)
  local found = find()
  if not found then error { code = 1003, message = "workiq was not found on the node: " .. INSTALL } end
  -- In a file that nobody else can read: arguments are shown to every user of the machine.
  local file = host.private_file { name = "question.txt", text = table.concat(arguments, "\n") .. "\n" }
  terminal = host.pty { command = { found.path, "ask", "@" .. file }, term = "dumb", cols = 1000, rows = 24, scrollback = 2000 }
  local exit
  terminal:on_exit(function(how) exit = how end)
  local shown, problem = "", nil
  repeat
    local text, why = terminal:read_text()
    shown = shown .. (text or "")
    -- The answer may well be about signing in.
    if not shown:find("^%s*{") then problem = need_setup(shown) end
  until why or problem
  terminal:stop()
  return shown, problem, exit
end

local function decode(shown)
  local ok, answer = pcall(json.decode, shown:match("{.*}") or "")
  return ok and type(answer) == "table" and answer or nil
end

local function ask(session, question)
  local arguments = { "--json", "--question", quoted(question) }
  if conversation then
    table.insert(arguments, "--conversation-id")
    table.insert(arguments, quoted(conversation))
  end
  local shown, problem, exit = run(arguments)
  if cancelled then return end
  local answer = decode(shown)
  if answer and answer.isError == true then problem = need_setup(tostring(answer.error)) or { message = "Work IQ: " .. tostring(answer.error) } end
  if problem then return session:fail(problem) end
  local text = answer and (answer.response or answer.answer or answer.text or answer.message)
  if type(text) ~= "string" then
    local code = exit and exit.code and (", exit code " .. exit.code) or ""
    return session:fail { message = "Work IQ gave no answer" .. code, data = { shown = shown:sub(-2000) } }
  end
  if type(answer.conversationId) == "string" then
    conversation = answer.conversationId
    host.remember(key, conversation)
    session:save { conversation = conversation, key = key }
  end
  session:message(text)
  session:done("end_turn")
end

return {
  detect = function()
    local found = find()
    if not found then return { title = "Microsoft 365 Copilot", status = "missing", hint = "workiq was not found. Install it on the node: " .. INSTALL } end
    return { title = "Microsoft 365 Copilot", version = found.version, status = "ready" }
  end,

  open = function(session)
    if not find() then error { code = 1003, message = "workiq was not found on the node: " .. INSTALL } end
    key = "m365-copilot " .. session.sessionId
    return { id = session.sessionId }
  end,

  -- The conversation lives at Microsoft; its id with the node.
  resume = function(_, _, id)
    key = "m365-copilot " .. id
    conversation = host.recall(key, math.maxinteger)
    if not conversation then error("the node no longer knows the conversation") end
    return { id = id }
  end,

  prompt = function(session, content)
    cancelled = false
    ask(session, blocks.join(content))
    if cancelled then return "cancelled" end
  end,

  cancel = function()
    cancelled = true
    terminal:stop()
  end,

  restored = function(session, _, running)
    local saved = session.saved or {}
    conversation, key = saved.conversation, saved.key or "m365-copilot " .. session.sessionId
    -- Its answer would have come to the script that is gone.
    for _, entry in ipairs(running) do host.attach(entry.kind, entry.handle):stop() end
    session:fail { message = "The connector was started anew; ask again" }
  end,
}
