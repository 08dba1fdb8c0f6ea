-- A prompt's blocks as text.

-- The text of a block that is no picture.
local function text_of(block)
  if block.type == "resource_link" then return ("[@%s](%s)"):format(block.name, block.uri) end
  if block.type == "resource" then
    return ('<context ref="%s">\n%s\n</context>'):format(block.resource.uri, block.resource.text or "(not a text)")
  end
  return block.text
end

return { text_of = text_of }
