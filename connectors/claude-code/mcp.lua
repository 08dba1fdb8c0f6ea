-- The session's MCP servers, in a file that only this user can read: they may hold secrets.

-- The arguments that give them to Claude; none without servers.
local function arguments(session)
  if not session.mcpServers[1] then return {} end
  local servers = {}
  for _, server in ipairs(session.mcpServers) do servers[server.name] = server end
  local file = host.private_file { name = "mcp.json", text = json.encode { mcpServers = servers } }
  return { "--mcp-config", file }
end

return { arguments = arguments }
