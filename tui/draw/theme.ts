/** What each style looks like. Colours are the terminal's own 16, so that they follow its palette, light or dark. */
import type { Style } from './line.js';

export interface Look {
  /** 0 to 15; absent: the terminal's own. */
  fg?: number;
  bg?: number;
  bold?: boolean;
  underline?: boolean;
  inverse?: boolean;
}

export type Theme = Readonly<Record<Style, Look>>;

const RED = 1;
const GREEN = 2;
const YELLOW = 3;
const BLUE = 4;
const MAGENTA = 5;
const CYAN = 6;
const GREY = 8;

export const colours: Theme = {
  text: {},
  dim: { fg: GREY },
  strong: { bold: true },
  emphasis: { underline: true },
  heading: { fg: CYAN, bold: true },
  link: { fg: BLUE, underline: true },
  code: { fg: YELLOW },
  quote: { fg: GREY },
  rule: { fg: GREY },
  accent: { fg: CYAN },
  title: { bold: true },
  selected: { inverse: true },
  match: { underline: true, bold: true },
  found: { inverse: true, bold: true },
  key: { fg: CYAN, bold: true },
  user: { fg: BLUE, bold: true },
  good: { fg: GREEN },
  busy: { fg: CYAN },
  warning: { fg: YELLOW, bold: true },
  bad: { fg: RED, bold: true },
  added: { fg: GREEN },
  addedWord: { fg: GREEN, inverse: true },
  removed: { fg: RED },
  removedWord: { fg: RED, inverse: true },
  keyword: { fg: MAGENTA },
  string: { fg: GREEN },
  number: { fg: CYAN },
  comment: { fg: GREY },
  name: { fg: BLUE },
  type: { fg: YELLOW },
};

/** For NO_COLOR (https://no-color.org): weight and inversion only. */
export const monochrome: Theme = Object.fromEntries(
  Object.entries(colours).map(([style, { fg: _fg, bg: _bg, ...rest }]) => [style, rest]),
) as unknown as Theme;

/** The theme that the environment asks for. */
export const themeFor = (env: NodeJS.ProcessEnv): Theme =>
  env.NO_COLOR || env.TERM === 'dumb' || env.TERM === 'vt100' ? monochrome : colours;
