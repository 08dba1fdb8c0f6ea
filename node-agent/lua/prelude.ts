/**
 * What every script finds besides Lua's own functions: `host`, `json` and the methods of its session. Written in Lua on two
 * primitives: a yield that asks the host, so that a script reads as if the host answered at once, and `tell`, which does not wait.
 */

/** Gets `json`'s functions and `tell`; returns what the host calls. */
export const PRELUDE = `
local encode, decode, null, mark_array, tell = ...
local yield, running = coroutine.yield, coroutine.running
local load_chunk, libraries = load, {}
local sessions = setmetatable({}, { __mode = "k" })

-- A script that went on with a call of the host by itself would choose what the host answers, bytecode for instance.
for _, name in ipairs { "resume", "close" } do
  local run = coroutine[name]
  coroutine[name] = function(thread, ...)
    if sessions[thread] then error("coroutine." .. name .. " is for coroutines of your own", 2) end
    return run(thread, ...)
  end
end

-- A finalizer would run at any time, also when nobody watches how long, and after the end of its session.
local set_metatable = setmetatable
function setmetatable(value, metatable)
  if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then
    error("setmetatable: there are no finalizers (__gc) here; close() ends a session", 2)
  end
  return set_metatable(value, metatable)
end

-- Never called as a tail call: an error names the line of the script, three levels up.
local function call(name, ...)
  if not sessions[running()] then
    error("host." .. name .. " cannot be called inside a coroutine of your own", 3)
  end
  local ok, value = yield("host", name, ...)
  if not ok then error(value, 3) end
  return value
end

local function text_of(value, what)
  if type(value) ~= "string" then error(what .. " takes a text, not a " .. type(value), 3) end
  return value
end

json = { null = null, encode = encode, decode = decode, array = function(list) return mark_array(list or {}) end }

local Future = {}
Future.__index = Future
local last_future = 0

local function future()
  last_future = last_future + 1
  return setmetatable({ id = last_future }, Future)
end

function Future:set(value)
  if self.done then return end
  self.done, self.value = true, value
  tell("wake", self.id)
end

function Future:wait(ms)
  if not self.done then call("wait", self.id, ms) end
  return self.value
end

local handlers, readers = {}, {}

local Stream = {}
Stream.__index = Stream
local Terminal

local function stream(kind, handle)
  local object = setmetatable({ kind = kind, handle = handle }, kind == "pty" and Terminal or Stream)
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
function Stream:close_stdin() return (call("close_stdin", self.handle)) end
function Stream:stop() return (call("stop", self.handle)) end

-- The next line; nil when there is none within ms milliseconds, or none any more.
function Stream:read_line(ms)
  local reader = readers[self.handle]
  if not reader then
    reader = { lines = {}, first = 1, last = 0 }
    readers[self.handle] = reader
    local function wake() if reader.waiting then reader.waiting:set(true) end end
    handlers[self.handle].line = function(line)
      reader.last = reader.last + 1
      reader.lines[reader.last] = line
      wake()
    end
    reader.over = function() reader.ended = true wake() end
    call("listen", self.handle, "line")
    call("listen", self.handle, "exit")
  end
  if not reader.lines[reader.first] and not reader.ended then
    reader.waiting = future()
    if not reader.waiting.done then call("wait", reader.waiting.id, ms) end
    reader.waiting = nil
  end
  local line = reader.lines[reader.first]
  if line then
    reader.lines[reader.first] = nil
    reader.first = reader.first + 1
  end
  return line
end

-- Most sessions have no terminal, and no need of its methods.
local function with_terminals()
  if Terminal then return end
  local methods = setmetatable({}, Stream)
  methods.__index = methods
  load_chunk(call("terminals"), "terminals", "b")(methods, call, tell, on)
  Terminal = methods
end

local tasks, last_task = {}, 0

host = {
  process = function(options) return stream("process", call("process", options)) end,
  pty = function(options)
    local handle = call("pty", options)
    with_terminals()
    return stream("pty", handle)
  end,
  tail = function(options) return stream("tail", call("tail", options)) end,
  files = function(wanted) return (call("files", wanted)) end,
  attach = function(kind, handle)
    if kind == "pty" then with_terminals() end
    return stream(kind, handle)
  end,
  log = function(level, text) return (call("log", level, text)) end,
  now = function() return (call("now")) end,
  sleep = function(ms) return (call("sleep", ms)) end,
  which = function(program) return (call("which", program)) end,
  program = function(wanted) return (call("program", wanted)) end,
  -- A library of the node, which the host gives as bytecode.
  library = function(name)
    if libraries[name] == nil then libraries[name] = load_chunk(call("library", name), name, "b")() end
    return libraries[name]
  end,
  env = function(name) return (call("env", name)) end,
  private_file = function(options) return (call("private_file", options)) end,
  uid = function() return (call("uid")) end,
  remember = function(key, value) return (call("remember", { key = key, value = value })) end,
  recall = function(key, ms) return (call("recall", { key = key, ms = ms })) end,
  future = future,
  task = function(run)
    if type(run) ~= "function" then error("host.task takes a function", 2) end
    last_task = last_task + 1
    tasks[last_task] = run
    tell("task", last_task)
  end,
}

local Session = {}
Session.__index = Session
local session = setmetatable({}, Session)

function Session:message(text, id) tell("message", text_of(text, "session:message"), id) end
function Session:thought(text, id) tell("thought", text_of(text, "session:thought"), id) end
function Session:done(stop_reason) tell("done", text_of(stop_reason, "session:done")) end
function Session:fail(problem) tell("fail", type(problem) == "table" and problem or { message = tostring(problem) }) end
function Session:warn(text) tell("warn", text_of(text, "session:warn")) end
function Session:save(value) tell("save", value) end
function Session:withdraw(id) tell("withdraw", text_of(id, "session:withdraw")) end
for _, name in ipairs {
  "tool_call", "tool_update", "plan", "usage", "commands", "mode", "config_options", "title", "request_permission"
} do
  Session[name] = function(_, value) return (call(name, value)) end
end

for _, name in ipairs { "load", "loadstring", "loadfile", "dofile", "collectgarbage", "warn" } do _G[name] = nil end
string.dump = nil
function print(...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  call("log", "info", table.concat(words, "\\t"))
end

local function failed(problem)
  tell("failed", type(problem) == "table" and tostring(problem.message) or tostring(problem))
end

return {
  run = function(run, first, ...)
    sessions[running()] = true
    if type(first) == "table" and first.sessionId then
      for key, value in pairs(first) do session[key] = value end
      first = session
    end
    return run(first, ...)
  end,
  -- An item whose handler fails does not take the next ones with it.
  event = function(handle, event, list)
    for i, item in ipairs(list) do
      local handler = handlers[handle] and handlers[handle][event]
      if handler then
        local ok, problem = pcall(handler, item)
        if not ok then failed(problem) end
      end
      if event == "exit" and readers[handle] then readers[handle].over() end
      if i < #list then tell("handled", handle) end
    end
  end,
  task = function(id)
    local run = tasks[id]
    tasks[id] = nil
    if run then run() end
  end,
}
`;
