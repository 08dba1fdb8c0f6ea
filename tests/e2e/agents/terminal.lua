-- A connector for a program on a terminal that says `ready` when it waits for a line, and `said ...` what it says.
local terminal

local function find()
  local path = host.which("faulty-terminal")
  if not path then error { code = 1003, message = "faulty-terminal was not found, or may not be executed" } end
  return path
end

-- Up to the next `ready`; what is said meanwhile is given to `say`.
local function until_ready(say, ms)
  while true do
    local line = terminal:read_line(ms)
    if not line then error("the program did not get ready") end
    if line:find("^ready") then return end
    local said = line:match("^said (.-)\r?$")
    if said then say(said) end
  end
end

return {
  detect = function() return { title = "Terminal", status = "ready" } end,

  open = function()
    terminal = host.pty { command = { find() }, agent = true }
    local limit = host.future()
    host.task(function() host.sleep(5000) limit:set("late") end)
    host.task(function()
      local ok, problem = pcall(until_ready, function() end)
      limit:set(ok and "ready" or problem)
    end)
    local outcome = limit:wait()
    if outcome ~= "ready" then error("the program did not get ready within 5 s") end
  end,

  prompt = function(session, blocks)
    terminal:write(blocks[1].text .. "\r")
    until_ready(function(said) session:message(said) end)
    return "end_turn"
  end,

  cancel = function() terminal:write("\3") end,
}
