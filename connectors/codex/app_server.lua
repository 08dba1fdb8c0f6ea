-- Codex's app-server: JSON-RPC lines on the stdio of one process. Its frames: `codex app-server generate-ts --out DIR`.

local START_MS, ANSWER_MS = 25000, 15000

local Server = {}
Server.__index = Server

-- The server behind a running process. `on_frame` gets its requests and notifications.
local function attach(process, on_frame)
  local server = setmetatable({ process = process, waiting = {}, last_request = 0 }, Server)
  process:on_line(function(line)
    local ok, frame = pcall(json.decode, line)
    if not ok or type(frame) ~= "table" then return host.log("warn", "codex wrote a line that is no JSON") end
    if frame.method then
      on_frame(frame)
    elseif server.waiting[frame.id] then
      server.waiting[frame.id]:set(frame)
    end
  end)
  return server
end

-- Starts the server up to where it takes requests.
local function start(context, path, agent, on_frame)
  local server = attach(host.process { command = { path, "app-server" }, agent = agent }, on_frame)
  local client = { name = "praxis", title = "Praxis", version = context.version }
  server:call("initialize", { clientInfo = client, capabilities = { experimentalApi = true } }, START_MS)
  server:send { method = "initialized" }
  return server
end

function Server:send(frame) self.process:write(json.encode(frame)) end

function Server:request(method, params)
  self.last_request = self.last_request + 1
  local id = "praxis-" .. host.now() .. "-" .. self.last_request
  self.waiting[id] = host.future()
  self:send { id = id, method = method, params = params }
  return id
end

-- A request that waits for its answer.
function Server:call(method, params, ms)
  local id = self:request(method, params)
  local answer = self.waiting[id]:wait(ms or ANSWER_MS)
  self.waiting[id] = nil
  if not answer then error("codex did not answer " .. method) end
  if answer.error then error { code = answer.error.code, message = answer.error.message } end
  return answer.result
end

-- A model provider of the owner's own, in config.toml, needs no login.
function Server:logged_in()
  local told = self:call("account/read", {})
  return not told.requiresOpenaiAuth or type(told.account) == "table"
end

return { attach = attach, start = start, START_MS = START_MS }
