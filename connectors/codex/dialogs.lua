-- The dialogs of Codex on its screen. They say which question is open and which keys answer it; what it is about is in the rollout.
-- The text of a model may look like a dialog, above one or inside its command: a dialog counts as that of a call only if all that is
-- between its first words and its choices, at the end of the screen, is what the call says.

local tools = host.library "tools"

-- The first words of a dialog, and what kind of call it asks about.
local HEADERS = {
  { "^Would you like to run the following command%?", "commandExecution" },
  { "^Would you like to make the following edits%?", "fileChange" },
  { "^Allow the .+ MCP server to run tool ", "mcpToolCall" },
  { "^Would you like to grant these permissions%?", "permissions" },
  { "^Would you like to send input to ", "permissions" },
  { "^Do you want to approve network access to ", "permissions" },
}

local function kind_of(line)
  for _, header in ipairs(HEADERS) do
    if line:find(header[1]) then return header[2] end
  end
end

-- What stands below the choices, at the very end of the screen: where none does, Codex' own line for input is open.
local FOOTERS = { "^%s*[Pp]ress enter to confirm", "^%s*enter to submit" }

local function is_footer(line) return line:find(FOOTERS[1]) ~= nil or line:find(FOOTERS[2]) ~= nil end

local function squeezed(text) return (text:gsub("%s+", "")) end

-- The choices at the end of the screen, as { number, label, key }, and the row in which they begin. A label may go on in the next
-- rows; its key stands in parentheses at its end.
local function options_of(lines)
  local last, first = #lines, nil
  while lines[last] and lines[last]:find("^%s*$") do last = last - 1 end
  if not lines[last] or not is_footer(lines[last]) then return {} end
  for row = last - 1, 1, -1 do
    if lines[row]:find("^[› ]*1%. ") then
      first = row
      break
    end
  end
  local options = {}
  for row = first or last, last - 1 do
    local line, option = lines[row], options[#options]
    local number, label = line:match("^[› ]*(%d+)%. (.+)$")
    if number then
      table.insert(options, { number = number, label = label })
    elseif option and line ~= "" then
      option.label = option.label .. " " .. line:match("^%s*(.*)$")
    end
  end
  for _, option in ipairs(options) do
    local label, key = option.label:match("^(.-)%s*%((%w+)%)%s*$")
    option.label, option.key = (label or option.label):gsub("%s%s+", ": "), key
  end
  return options, first
end

-- The command of a dialog without blanks; the second value says whether it is whole: a long one is cut short before the choices.
local function command_of(rows)
  local command, whole = {}, true
  for _, row in ipairs(rows) do
    local first = #command == 0 and row:match("^%s*%$ (.*)$")
    if first or #command > 0 then table.insert(command, first or row) end
  end
  while command[1] and command[#command]:find("^%s*$") do table.remove(command) end
  if command[1] and command[#command]:find("^%s*%[… %d+ lines%]") then
    table.remove(command)
    whole = false
  end
  return squeezed(table.concat(command)), whole
end

local IS_ABOUT = {
  commandExecution = function(rows, call)
    local shown, whole = command_of(rows)
    local wanted = squeezed(call.command)
    return shown ~= "" and (shown == wanted or not whole and wanted:sub(1, #shown) == shown)
  end,
  mcpToolCall = function(rows, call)
    local wanted = squeezed(('Allow the %s MCP server to run tool "%s"?'):format(call.server, call.tool))
    return squeezed(table.concat(rows)):sub(1, #wanted) == wanted
  end,
  -- Each file has a row "Destination: <path>".
  fileChange = function(rows, call)
    local shown = {}
    for path in (squeezed(table.concat(rows)) .. "Destination:"):gsub("Destination:", "\0"):gmatch("%z([^%z]+)") do
      table.insert(shown, path)
    end
    if #shown ~= #call.changes or #shown == 0 then return false end
    for i, change in ipairs(call.changes) do
      local path = squeezed(change.path)
      if shown[i] ~= path and shown[i]:sub(-#path - 1) ~= "/" .. path then return false end
    end
    return true
  end,
}

-- The first of the calls that a dialog can be about, one that has not been answered before one that has.
local function call_of(kind, rows, calls)
  local answered
  for _, call in ipairs(calls) do
    if call.type == kind and IS_ABOUT[kind](rows, call) then
      if not call.answered then return call end
      answered = answered or call
    end
  end
  return answered
end

-- The dialog at the end of the screen: { text, options, call }; nil when none is drawn as a whole. `call` is the one of these calls
-- that it asks about, nil where none accounts for it.
local function find(screen, calls)
  local lines = screen.lines
  local options, first = options_of(lines)
  if not options[2] then return nil end
  local outermost
  for row = 1, first - 1 do
    local kind = kind_of(lines[row]:match("^%s*(.*)$"))
    if kind then
      outermost = outermost or row
      local call = call_of(kind, table.move(lines, row, first - 1, 1, {}), calls)
      if call then return { text = table.concat(lines, "\n", row), options = options, call = call } end
    end
  end
  return outermost and { text = table.concat(lines, "\n", outermost), options = options }
end

-- What a dialog asks, as a tool call of ACP. What no call accounts for is quoted from the screen, and says so.
local function question(dialog, turn)
  if dialog.call then
    local tool = tools.describe(dialog.call)
    tool.toolCallId, tool.status = dialog.call.id, "pending"
    return tool
  end
  return {
    toolCallId = "screen-" .. tostring(turn), status = "pending", title = dialog.text:match("^%s*([^\n]*)"), kind = "other",
    content = { "On the screen of Codex:\n" .. dialog.text },
  }
end

-- What may be answered, and the key of each answer.
local function answers(dialog)
  local list, keys = {}, {}
  for i, option in ipairs(dialog.options) do
    local id, kind = "always-" .. option.number, "allow_always"
    if option.key == "esc" or option.label:find("^Cancel") or option.label:find("^No") then
      id, kind = "reject", "reject_once"
    elseif i == 1 then
      id, kind = "allow", "allow_once"
    end
    table.insert(list, { optionId = id, name = option.label, kind = kind })
    keys[id] = option.key == "esc" and "\27" or option.key or option.number
  end
  return list, keys
end

return { find = find, question = question, answers = answers }
