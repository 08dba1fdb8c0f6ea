-- The demo agent: an ACP agent of ours that needs no model. Its frames pass through the node as they are.
return {
  detect = function(context)
    return { title = "Demo agent", version = context.version, status = "ready" }
  end,

  open = function(session, context)
    local command = { context.node, context.folder .. "/agent/main.js" }
    return { acp = { command = command, env = { DEMO_AGENT_VERSION = context.version } } }
  end,
}
