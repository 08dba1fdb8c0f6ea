-- The demo agent: an ACP agent of ours that needs no model. Its frames pass through the node as they are.
return {
  detect = function(context)
    return { title = "Demo agent", version = context.version, status = "ready" }
  end,

  open = function(session, context)
    return { acp = { command = { context.node, context.folder .. "/agent/main.js" } } }
  end,
}
