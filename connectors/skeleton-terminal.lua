-- A connector for a program that takes lines on a terminal and shows a prompt when it is ready again. docs/connectors.md tells what
-- else a connector may do. Try it with: praxis connector test ID
local COMMAND = { "ID" }

-- What it shows at the end of an answer, as a pattern of Lua, and what when it waits for more lines of the same input.
local PROMPTS = { "> $", "%.%.%. $" }

local program
-- Whether a line is being typed, and whether the prompt was cancelled.
local typing, cancelled = false, false

return {
  -- Its words are shown as they are. Of a program that says markdown, leave this out.
  text = "plain",

  detect = function()
    local path = host.which(COMMAND[1])
    return { title = "ID", status = path and "ready" or "missing", hint = not path and "Install " .. COMMAND[1] or nil }
  end,

  -- A dumb terminal has no colours and draws nothing, so the text is what the program says.
  open = function()
    program = host.pty { command = COMMAND, term = "dumb", cols = 500, agent = true }
    if not program:expect(PROMPTS, 20000) then error("There came no prompt. It shows:\n" .. program:screen().text) end
  end,

  -- Each line is typed when the one before is answered. The program shows it, then the answer, then its prompt.
  prompt = function(session, blocks)
    cancelled = false
    for _, block in ipairs(blocks) do
      for line in ((block.text or "") .. "\n"):gmatch("(.-)\n") do
        typing = true
        program:write(line .. "\r")
        program:expect("\n")
        typing = false
        if cancelled then program:write("\3") end
        local answer = program:expect(PROMPTS)
        if not answer then error("the program has ended") end
        session:message(answer.before)
        if cancelled then return "cancelled" end
      end
    end
    return "end_turn"
  end,

  -- Not while it reads a line: many lose what interrupts them there. The prompt does it then.
  cancel = function()
    cancelled = true
    if not typing then program:write("\3") end
  end,
}
