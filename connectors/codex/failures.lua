-- Why a turn failed, in a sentence for a person.

local install = host.library "install"

-- A message of a model's server is often JSON; its own sentence is what a person wants.
local function sentence(text)
  local ok, told = pcall(json.decode, text)
  if not ok or type(told) ~= "table" then return text end
  return type(told.error) == "table" and told.error.message or told.message or text
end

-- `info` is Codex' own word for the kind of failure.
local function fail(session, message, info)
  if info == "unauthorized" then
    session:fail { code = -32000, message = install.NOT_LOGGED_IN }
  else
    session:fail { message = sentence(message), data = { codexErrorInfo = info } }
  end
end

return { sentence = sentence, fail = fail }
