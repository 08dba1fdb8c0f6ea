-- The texts of a turn, message by message. A hook tells them line by line while they come, the transcript has each when it is whole: it
-- decides what the text is, and no part of it is said twice.

-- Milliseconds after which the rows that were there before a message began have been written.
local ROWS_MS = 250

-- `said` lists what was told of each message: { id, bytes, row }. It is all that a fresh VM gets to know.
local function new() return { said = json.array(), shown = {}, rows = 0, hooks = 0 } end

-- In a fresh VM: messages whose rows are there are over, and of a later one the row says the rest.
local function again(said)
  local texts = new()
  texts.said = said or texts.said
  for _, message in ipairs(texts.said) do
    if message.row then texts.rows, texts.row_id, texts.row = texts.rows + 1, message.row, "" end
  end
  texts.hooks = #texts.said
  return texts
end

local function tell(session, texts, number, id, text)
  while #texts.said < number do table.insert(texts.said, { id = id, bytes = 0 }) end
  local said = texts.said[number]
  if #text <= said.bytes then return end
  session:message(text:sub(said.bytes + 1), said.id)
  said.bytes = #text
end

-- A text of the transcript: a block of the message `id`.
local function written(session, texts, id, text)
  if id ~= texts.row_id then
    texts.rows, texts.row_id, texts.row = texts.rows + 1, id, ""
  end
  texts.row = texts.row .. text
  local shown, said = texts.shown[texts.rows], texts.said[texts.rows]
  local told = shown and said and shown.text:sub(1, said.bytes)
  if told and told ~= texts.row:sub(1, #told) and texts.row ~= told:sub(1, #texts.row) then
    -- Another hook shows something else in its place.
    texts.said[texts.rows] = { id = id .. "-written", bytes = 0 }
  end
  tell(session, texts, texts.rows, id, texts.row)
  texts.said[texts.rows].row = id
end

-- A piece of what the program shows. The pieces of a message may come in another order than they were made in.
local function shown(session, texts, event, settled)
  if event.message_id ~= texts.hook_id and event.delta ~= "" then
    texts.hooks, texts.hook_id = texts.hooks + 1, event.message_id
    texts.shown[texts.hooks] = { text = "", next = 0, later = {}, since = host.now() }
  end
  local number = texts.hooks
  local message = texts.shown[number]
  if not message or event.message_id ~= texts.hook_id then return end
  message.later[event.index] = event.delta
  while message.later[message.next] do
    message.text = message.text .. message.later[message.next]
    message.later[message.next] = nil
    message.next = message.next + 1
  end
  if message.telling then return end
  message.telling = true
  host.task(function()
    local wait = message.since + ROWS_MS - host.now()
    if wait > 0 then host.sleep(wait) end
    -- What came before it is said before it.
    local fine = settled(function() return texts.rows >= number - 1 end)
    message.telling = false
    if fine and message.text ~= "" then tell(session, texts, number, event.message_id, message.text) end
  end)
end

return { new = new, again = again, written = written, shown = shown }
