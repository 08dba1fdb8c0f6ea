/** What the agent says to free text: who it is and what can be tried. */

export function welcome(text: string): string {
  const heard = text.replace(/\s+/g, ' ').slice(0, 200);
  return `Hello! I am the **demo agent**. I need no model and no account, so you can try everything here at once.

You said: *${heard || 'nothing'}*

I am not clever, but I really do what you ask in this directory:

- \`/read README.md\` shows a file
- \`/write notes.txt hello\` writes one, and asks you first
- \`/run ls -la\` runs a command, and asks you first
- \`/plan\` makes a plan and works through it
- \`/slow 200\` makes me talk slowly, so that you can cancel me

Several steps go on several lines, or in one:

\`\`\`
/think What is here? && /run ls && /say That is all.
\`\`\`

Your real agents answer in the same way. \`/help\` lists every step.
`;
}

export function paceText(ms: number): string {
  return `From now on I pause ${ms} ms between two words. While I talk you may cancel me with Ctrl+C: what I have said by then stays, and so does the session. You may also write the next prompt, which waits until I am through. \`/slow 5\` makes me quick again.
`;
}

export const HELP = `Steps that I know, one a line (or joined by \` && \`):

| step | does |
|---|---|
| \`/say text\`, \`/think text\`, \`/echo text\` | talks, thinks, repeats |
| \`/plan\` | a plan of three entries, worked through |
| \`/read file\`, \`/write file text\`, \`/run command\` | tools that really do it |
| \`/ask question\`, \`/form question\` | a permission question, a form to fill in |
| \`/title text\` | names the session |
| \`/slow ms\` | milliseconds between two words from now on |
| \`/stream n [bytes] [ms]\` | n chunks |
| \`/fail\`, \`/refuse\`, \`/max-tokens\` | other ends of a turn |
| \`/hang\`, \`/crash\`, \`/exit\` ... | faults; see the README of the demo connector |
`;
