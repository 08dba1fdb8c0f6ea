-- What Claude's interactive program tells its hooks and its status line, each by a command that adds a line to a private file of the
-- session: https://code.claude.com/docs/en/hooks. It goes on without them where its owner has turned hooks off.

-- Makes the file. Returns its path, and the arguments that name it to Claude.
local function arguments()
  local file = host.private_file { name = "hooks.jsonl", text = "" }
  local command = ("printf '%%s\\n' \"$(cat)\" >> '%s'"):format(file:gsub("'", "'\\''"))
  local hook = json.array { { hooks = json.array { { type = "command", command = command } } } }
  local settings = {
    hooks = { PermissionRequest = hook, MessageDisplay = hook },
    statusLine = { type = "command", command = command },
  }
  return file, { "--settings", host.private_file { name = "settings.json", text = json.encode(settings) } }
end

-- `on` is told: request(tool, input), shown(event), usage(usage).
local function hear(line, on)
  local ok, event = pcall(json.decode, line)
  if not ok or type(event) ~= "table" then return host.log("warn", "a hook of claude wrote a line that is no JSON") end
  if event.hook_event_name == "PermissionRequest" then
    on.request(event.tool_name, event.tool_input)
  elseif event.hook_event_name == "MessageDisplay" then
    on.shown(event)
  elseif type(event.context_window) == "table" then
    local window, cost = event.context_window, event.cost and event.cost.total_cost_usd
    local used = 0
    for _, tokens in pairs(type(window.current_usage) == "table" and window.current_usage or {}) do used = used + tokens end
    on.usage { used = used, size = window.context_window_size, cost = cost and { amount = cost, currency = "USD" } }
  end
end

return { arguments = arguments, hear = hear }
