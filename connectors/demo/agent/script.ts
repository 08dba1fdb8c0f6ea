/** The language of prompts: what begins with a slash is a step, everything else is talk. README.md lists the steps. */

export interface Step {
  /** Without its slash; `chat` for a prompt without steps, `say` for text between steps. */
  name: string;
  /** The rest of the line, trimmed. */
  text: string;
}

/** `/echo` takes the rest of the prompt as it is, line ends and blanks included. */
const ECHO = /^\/echo(?:[ \n]|$)/;

/** A step ends at its line, or where ` && ` begins the next step. */
const SEPARATOR = /\r?\n|\s+&&\s+(?=\/)/;

export function parseScript(prompt: string): Step[] {
  if (ECHO.test(prompt)) return [{ name: 'echo', text: prompt.replace(ECHO, '') }];
  const parts = prompt
    .split(SEPARATOR)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (!parts.some((part) => part.startsWith('/'))) return [{ name: 'chat', text: prompt.trim() }];
  return parts.map((part) => {
    const [, name, text] = /^\/(\S+)\s*(.*)$/s.exec(part) ?? [];
    return name === undefined ? { name: 'say', text: part } : { name, text: text ?? '' };
  });
}

/** A number at place `index` of a step's words; `otherwise` where there is none. */
export function numberAt(text: string, index: number, otherwise: number): number {
  const word = text.split(/\s+/)[index];
  return word && /^\d+$/.test(word) ? Number(word) : otherwise;
}
