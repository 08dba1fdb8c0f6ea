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

-- The answers of the question at the bottom of the screen, from the first: { label, key, down }. `key` is a number where it has one,
-- `down` how many lines it is below the marked one.
local function answers(screen)
  local found, list, marked = {}, {}, nil
  local function over()
    if marked then
      found = list
      for i, answer in ipairs(list) do answer.down = i - marked end
    end
    list, marked = {}, nil
  end
  for line in (screen .. "\n"):gmatch("(.-)\n") do
    local here = line:match("^%s*❯%s+(%S.*)$")
    local label = here or line:match("^   ? ?(%S.*)$")
    if label then
      local key, rest = label:match("^(%d)%. (.*)$")
      list[#list + 1] = { label = rest or label, key = key }
      if here then marked = #list end
    elseif not line:find("^%s%s%s%s%s") then
      over()
    end
  end
  over()
  return found
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

-- Whether there is text in the box in which prompts are typed: between the last two lines across the screen.
local function has_text(screen)
  local box, last = "", ""
  for line in (screen .. "\n"):gmatch("(.-)\n") do
    if line:find("──────────$") then box, last = last, "" else last = last .. line end
  end
  return box:gsub("^❯", ""):gsub("\194\160", " "):find("%S") ~= nil
end

-- The last paragraph on the screen, as one line.
local function last_words(screen)
  local paragraph = ("\n\n" .. screen):match("^.*\n%s*\n(.-)%s*$")
  return paragraph ~= "" and paragraph:gsub("%s*\n%s*", " ") or "it said nothing"
end

return { last_words = last_words, setup = setup, answers = answers, mode = mode, has_text = has_text }
