/** The part of the prelude about terminals: their screen, text, input and reports. A VM loads it with its first terminal. */

/** Gets the table of a terminal's methods, and `call`, `tell` and `on` of the prelude. */
export const TERMINAL = `
local Terminal, call, tell, on = ...

-- Patterns as a list of { which, pattern }: a single one, a list, or a table by name.
local function alternatives(patterns)
  if type(patterns) == "string" then patterns = { patterns } end
  if type(patterns) ~= "table" or next(patterns) == nil then error("a pattern is needed, or a table of patterns", 3) end
  local names = {}
  for which, pattern in pairs(patterns) do
    if type(pattern) ~= "string" then error("a pattern is a text, not a " .. type(pattern), 3) end
    names[#names + 1] = which
  end
  table.sort(names, function(a, b)
    if type(a) == type(b) then return a < b end
    return type(a) == "number"
  end)
  for i, which in ipairs(names) do names[i] = { which = which, pattern = patterns[which] } end
  return names
end

-- The match that begins first, and where it ends.
local function first_match(list, text)
  local best, best_from, best_to
  for _, each in ipairs(list) do
    local found = table.pack(pcall(string.find, text, each.pattern))
    if not found[1] then error(found[2], 3) end
    local from, to = found[2], found[3]
    if from and (not best_from or from < best_from) then
      best_from, best_to = from, to
      best = { which = each.which, before = text:sub(1, from - 1), text = text:sub(from, to), captures = json.array() }
      for i = 4, found.n do best.captures[i - 3] = found[i] end
    end
  end
  return best, best_to
end

local function value_of(waited)
  if waited.why then return nil, waited.why end
  return waited.value
end

Terminal.on_status = on("status")
Terminal.on_title = on("title")
function Terminal:resize(cols, rows) return (call("resize", self.handle, cols, rows)) end
function Terminal:paste(text, options) return (call("paste", self.handle, text, options)) end
function Terminal:screen() return (call("screen", self.handle)) end
function Terminal:wait_screen(ms) return value_of((call("wait_screen", self.handle, ms))) end
function Terminal:settle(quiet_ms, ms) return value_of((call("settle", self.handle, quiet_ms, ms))) end
function Terminal:wait_status(states, ms) return value_of((call("wait_status", self.handle, states, ms))) end

function Terminal:expect_screen(patterns, ms)
  local list = alternatives(patterns)
  local limit = ms and call("now") + ms
  local screen = call("screen", self.handle)
  while true do
    local match = first_match(list, screen.text)
    if match then return match end
    local waited = call("wait_screen", self.handle, limit and math.max(0, limit - call("now")))
    if waited.why then return nil, waited.why end
    screen = waited.value
  end
end

-- A method that looks at the text that nobody has taken, again after each change, until \`find\` gives something and how much of the text goes
-- with it. What nothing was found in for so long makes room for what comes.
local function reader(find)
  return function(self, ms, list)
    local limit = ms and call("now") + ms
    local version
    while true do
      local seen = call("text", self.handle, version, limit)
      if seen.why then return nil, seen.why end
      version = seen.version
      local found, bytes = find(seen.text, seen.ended, list)
      if found then
        tell("take", self.handle, bytes)
        return found
      end
      if seen.full then tell("take", self.handle, #seen.text // 2) end
    end
  end
end

Terminal.read_text = reader(function(text)
  if text ~= "" then return text, #text end
end)

Terminal.read_line = reader(function(text, ended)
  local blank = #text:match("^\\n*")
  local line = text:match("^([^\\n]+)\\n", blank + 1) or (ended and text:match("^[^\\n]+", blank + 1))
  if line then return line, math.min(#text, blank + #line + 1) end
end)

-- Tail calls, so that an error names the line of the script.
local expect = reader(function(text, _, list) return first_match(list, text) end)
function Terminal:expect(patterns, ms) return expect(self, ms, alternatives(patterns)) end
`;
