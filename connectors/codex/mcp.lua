-- The session's MCP servers in the words of Codex' configuration (`mcp_servers`). They may hold secrets.

-- As a table, for the app-server's stdin.
local function servers(session)
  local configured = {}
  for _, server in ipairs(session.mcpServers) do
    if server.type == "stdio" then
      configured[server.name] = { command = server.command, args = server.args, env = server.env }
    else
      configured[server.name] = { url = server.url, http_headers = server.headers }
    end
  end
  return configured
end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- A shell script that becomes the server, with its environment.
local function script_of(server)
  local lines = {}
  for name, value in pairs(server.env) do
    if not name:find("^[%a_][%w_]*$") then
      error { code = -32602, message = ("The MCP server %s has a variable whose name a shell does not take"):format(server.name) }
    end
    table.insert(lines, ("export %s=%s"):format(name, quoted(value)))
  end
  local words = { "exec", quoted(server.command) }
  for _, argument in ipairs(server.args) do table.insert(words, quoted(argument)) end
  table.insert(lines, table.concat(words, " "))
  return table.concat(lines, "\n") .. "\n"
end

-- As values for `-c`, which anybody on the machine can read: so each server is started by a script that only this user can.
local function settings(session)
  local list = {}
  for _, server in ipairs(session.mcpServers) do
    local file = host.private_file { name = server.name .. ".sh", text = script_of(server) }
    table.insert(list, ('mcp_servers.%s.command="/bin/sh"'):format(server.name))
    table.insert(list, ("mcp_servers.%s.args=%s"):format(server.name, json.encode { file }))
  end
  return list
end

return { servers = servers, settings = settings }
