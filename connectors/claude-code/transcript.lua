-- The transcript that Claude's interactive program writes, row by row: text and thoughts as whole blocks, tools with their exact input.
-- Its rows are not documented by its vendor; the recorded ones are in examples/.

local tools = host.library "tools"

local INTERRUPTED = "[Request interrupted by user"

-- `on` is told what matters for the turn: prompt(text, id), text(id, text), opened(id, name, input), closed(id), interrupted(),
-- failed(problem), ended(), mode(id).
local function assistant(session, row, on)
  local message = row.message
  for _, block in ipairs(message.content) do
    if row.isApiErrorMessage then
      local code = block.text:find("/login", 1, true) and -32000 or nil
      local hint = code and " (on the node, run once: claude)" or ""
      return on.failed { code = code, message = block.text .. hint, data = { status = row.apiErrorStatus } }
    elseif block.type == "text" and message.model == "<synthetic>" then
      session:message(block.text, row.uuid)
    elseif block.type == "text" and block.text ~= "" then
      on.text(message.id, block.text)
    elseif block.type == "thinking" then
      session:thought(block.thinking, row.uuid)
    elseif block.type == "tool_use" then
      tools.announce(session, block.id, block.name, block.input)
      on.opened(block.id, block.name, block.input)
    end
  end
end

local function user(session, row, on)
  local content = row.message.content
  -- What the program says to the model by itself, such as what became of a helper in the background.
  local own = type(row.origin) == "table" and row.origin.kind ~= "human"
  if own then return end
  if type(content) == "string" then return on.prompt(content, row.promptId) end
  for _, block in ipairs(content) do
    if block.type == "tool_result" then
      tools.finish(session, block, row.toolUseResult)
      on.closed(block.tool_use_id)
    elseif block.type == "text" and block.text:sub(1, #INTERRUPTED) == INTERRUPTED then
      on.interrupted()
    elseif block.type == "text" then
      on.prompt(block.text, row.promptId)
    end
  end
end

local function system(session, row, on)
  if row.subtype == "turn_duration" then
    on.ended()
  elseif row.subtype == "api_error" and row.retryAttempt then
    session:warn(("The model did not answer; try %s of %s"):format(row.retryAttempt, row.maxRetries or "?"))
  end
end

-- What subagents say among themselves, and what the program tells the model by itself, is no part of the conversation.
local function hear(session, line, on)
  local ok, row = pcall(json.decode, line)
  if not ok or type(row) ~= "table" then return host.log("warn", "claude wrote a row that is no JSON") end
  if row.isSidechain == true or row.isMeta == true then return end
  if row.type == "assistant" then assistant(session, row, on)
  elseif row.type == "user" then user(session, row, on)
  elseif row.type == "system" then system(session, row, on)
  elseif row.type == "permission-mode" then on.mode(row.permissionMode) end
end

-- Where the conversation `id` is written, and whether it is there already; else where it will be.
local function path_of(id, cwd)
  local base = (host.env("CLAUDE_CONFIG_DIR") and "$CLAUDE_CONFIG_DIR" or "~/.claude") .. "/projects/"
  local found = host.files { pattern = base .. "*/" .. id .. ".jsonl", limit = 1 }
  if found[1] then return found[1].path, true end
  return base .. cwd:gsub("%W", "-") .. "/" .. id .. ".jsonl", false
end

return {
  READS = { "~/.claude/projects/*/*.jsonl", "$CLAUDE_CONFIG_DIR/projects/*/*.jsonl" },
  hear = hear,
  path_of = path_of,
}
