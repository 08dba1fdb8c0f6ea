-- A connector for a program that takes lines on a terminal and shows a prompt when it is ready again. docs/connectors.md tells what
-- else a connector may do. Try it with: praxis connector test ID
local COMMAND = { "ID" }

-- What it shows at the end of an answer, as a pattern of Lua, and what when it waits for more lines of the same input.
local PROMPTS = { "> $", "%.%.%. $" }

-- Milliseconds: that an answer which is on its way may take when a prompt is cancelled; without output, after a cancel, until a prompt
-- is the last one.
local SOON_MS, QUIET_MS = 60, 500

local program
-- The line that was typed last: whether it waits for its answer (nil: it is being typed), and whether it was cancelled.
local input

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
    for _, block in ipairs(blocks) do
      for line in ((block.text or "") .. "\n"):gmatch("(.-)\n") do
        input = {}
        program:write(line .. "\r")
        program:expect("\n")
        input.waits = true
        local answer = program:expect(PROMPTS) or error("the program has ended")
        input.waits = false
        while answer do
          session:message(answer.before)
          -- A Ctrl+C that came with the answer brings one more prompt, which is not the next answer's.
          answer = input.cancelled and program:expect(PROMPTS, QUIET_MS)
        end
        if input.cancelled then return "cancelled" end
      end
    end
    return "end_turn"
  end,

  -- Not while it reads a line: many lose what interrupts them there. Nor when an answer comes: it would hit the program at its prompt.
  cancel = function()
    local meant = input
    meant.cancelled = true
    repeat host.sleep(SOON_MS) until meant.waits ~= nil
    if meant.waits then program:write("\3") end
  end,
}
