-- The content blocks of a prompt as text, for agents that take text.

-- One block; what has no text is an image, or the like.
local function text(block)
  if block.type == "resource_link" then return ("[@%s](%s)"):format(block.name, block.uri) end
  if block.type == "resource" then
    return ('<context ref="%s">\n%s\n</context>'):format(block.resource.uri, block.resource.text or "(not a text)")
  end
  return block.text
end

-- All of them, as one text.
local function join(blocks)
  local texts = {}
  for i, block in ipairs(blocks) do texts[i] = text(block) end
  return table.concat(texts, "\n\n")
end

return { text = text, join = join }
