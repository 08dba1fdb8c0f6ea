-- What Claude's interactive program asks on its screen. Text and tools are never read from there.

-- Questions of a first start, which are the owner's to answer: what is on the screen, and what it is about.
local SETUP = {
  { "trust this folder", "whether it trusts the folder" },
  { "Do you want to use this API key", "whether to use the API key of the environment" },
  { "Choose the text style", "how it shall look (its first start)" },
  { "Select login method", "a login" },
  { "Bypass Permissions mode", "whether it may bypass its permission questions" },
}

-- The question of a first start that is on the screen, if there is one.
local function setup(screen)
  for _, question in ipairs(SETUP) do
    if screen:find(question[1], 1, true) then return question[2] end
  end
end

-- The numbered answers of a question, those at the bottom of the screen: { key, label }.
local function answers(screen)
  local list = {}
  for line in (screen .. "\n"):gmatch("(.-)\n") do
    local key, label = line:match("^[%s❯]*(%d)%. (.+)$")
    if key == "1" then list = {} end
    if key then list[#list + 1] = { key = key, label = label } end
  end
  return list
end

-- Modes by what the last line of the screen says of them.
local FOOTERS = {
  { "manual mode on", "default" },
  { "accept edits on", "acceptEdits" },
  { "plan mode on", "plan" },
  { "auto mode on", "auto" },
  { "bypass permissions on", "bypassPermissions" },
}

local function mode(screen)
  local last = screen:match("[^\n]*$")
  for _, footer in ipairs(FOOTERS) do
    if last:find(footer[1], 1, true) then return footer[2] end
  end
end

-- Whether there is text in the box in which a prompt is typed.
local function has_text(screen) return screen:find("\n─+\n❯ +[^%s][^\n]*\n") ~= nil end

-- The last paragraph on the screen, as one line.
local function last_words(screen)
  local paragraph = ("\n\n" .. screen):match("^.*\n%s*\n(.-)%s*$")
  return paragraph ~= "" and paragraph:gsub("%s*\n%s*", " ") or "it said nothing"
end

return { last_words = last_words, setup = setup, answers = answers, mode = mode, has_text = has_text }
