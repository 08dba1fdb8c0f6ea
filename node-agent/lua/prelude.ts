/**
 * What every script finds besides Lua's own functions: `host` and `json`. Written in Lua on one primitive, a yield
 * to the host, so that a script reads as if the host answered at once.
 */

/** Gets `json`'s two functions; returns what the host calls. */
export const PRELUDE = `
local encode, decode, null, mark_array = ...
local yield, running = coroutine.yield, coroutine.running
local sessions = setmetatable({}, { __mode = "k" })

-- Never called as a tail call: an error names the line of the script, three levels up.
local function call(name, ...)
  if not sessions[running()] then
    error("host." .. name .. " cannot be called inside a coroutine of your own", 3)
  end
  local ok, value = yield("host", name, ...)
  if not ok then error(value, 3) end
  return value
end

json = { null = null, encode = encode, decode = decode, array = function(list) return mark_array(list or {}) end }

local handlers = {}

local Stream = {}
Stream.__index = Stream

local function stream(kind, handle)
  local object = setmetatable({ kind = kind, handle = handle }, Stream)
  handlers[handle] = {}
  return object
end

local function on(event)
  return function(self, handler)
    handlers[self.handle][event] = handler
    call("listen", self.handle, event)
    return self
  end
end

Stream.on_line = on("line")
Stream.on_data = on("data")
Stream.on_exit = on("exit")
function Stream:write(text) return (call("write", self.handle, text)) end
function Stream:signal(name) return (call("signal", self.handle, name)) end
function Stream:resize(cols, rows) return (call("resize", self.handle, cols, rows)) end
function Stream:close_stdin() return (call("close_stdin", self.handle)) end
function Stream:stop() return (call("stop", self.handle)) end

host = {
  process = function(options) return stream("process", call("process", options)) end,
  pty = function(options) return stream("pty", call("pty", options)) end,
  attach = function(kind, handle) return stream(kind, handle) end,
  log = function(level, text) return (call("log", level, text)) end,
  now = function() return (call("now")) end,
  sleep = function(ms) return (call("sleep", ms)) end,
  which = function(program) return (call("which", program)) end,
}

for _, name in ipairs { "load", "loadstring", "loadfile", "dofile", "collectgarbage", "warn" } do _G[name] = nil end
string.dump = nil
function print(...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  call("log", "info", table.concat(words, "\\t"))
end

return {
  run = function(run, ...)
    sessions[running()] = true
    return run(...)
  end,
  event = function(handle, event, list)
    local handler = handlers[handle] and handlers[handle][event]
    if handler then for _, item in ipairs(list) do handler(item) end end
  end,
}
`;
