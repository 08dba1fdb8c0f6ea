-- Any agent that speaks ACP on its stdio, as the owner of the node names it in node.json.
return {
  detect = function(context)
    local program = context.agent.command[1]
    if host.which(program) then
      return { title = context.agent.title, status = "ready" }
    end
    return {
      title = context.agent.title,
      status = "needs_setup",
      hint = program .. " is not there: install it, or correct agents." .. context.id .. ".command in node.json",
    }
  end,

  open = function(session, context)
    return { acp = context.agent }
  end,
}
