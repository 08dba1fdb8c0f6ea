-- How a prompt is typed into the interactive program, so that it arrives as it was written: tried with 2.1.329, and checked for
-- each prompt against the transcript.

-- A paste of more than three lines or 800 characters would be wrapped in <pasted_content>.
local PASTE = { slice = 600, lines = 2, pause_ms = 5, submit = "" }

-- Words at which the program ends.
local ENDS = { exit = true, quit = true, [":q"] = true, [":q!"] = true, [":wq"] = true, [":wq!"] = true }

local function trim(text) return text:match("^%s*(.-)%s*$") end

-- Throws for what cannot be said to it.
local function check(text)
  local said = trim(text)
  if said == "" then error { code = -32602, message = "The prompt has no text" } end
  if ENDS[said] then
    error { code = -32602, message = ("%q alone ends Claude Code's interactive program: say more, or use the transport stream"):format(said) }
  end
  local command = (said .. " "):match("^(/[%w:_-]+)%s")
  if command then
    error { code = -32602, message = ("%s at the beginning is a command of Claude Code's interactive program: use the transport stream"):format(command) }
  end
end

-- What is typed for a text, and a sentence for the person where that is not the text itself.
local function typed(text)
  local told = nil
  if text:find("\t", 1, true) then told = "Claude's interactive program makes four blanks of a tab; the transport stream keeps tabs" end
  -- A blank before it makes it words and no shell command; a line end after a backslash is dropped, a backslash at the end would eat the Enter.
  if text:sub(1, 1) == "!" then text = " " .. text end
  if text:sub(-1) == "\\" then text = text .. "\n" end
  return text, told
end

-- The two as the program compares them: tabs are blanks, blanks at the ends are nothing.
local function plain(text) return trim((text:gsub("\r\n?", "\n"):gsub("\t", "    "))) end

-- Whether the row of the transcript is the prompt.
local function arrived(text, row) return plain(text) == plain(row) end

return { PASTE = PASTE, check = check, typed = typed, arrived = arrived }
