/** Commands that are shown to be pasted into a shell. */

/** `text` as one word of a POSIX shell, whatever it holds: as it is where that is plain, else in single quotes. */
export const shellWord = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
