-- The session's MCP servers in the words of Codex' configuration (`mcp_servers`). They may hold secrets.

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

return { servers = servers }
