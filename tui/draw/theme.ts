/** What each style looks like: in the terminal's own 16 colours, which follow its palette, or in 256 for a dark or a light background. */
import type { Settings } from '../settings.js';
import type { Style } from './line.js';

export interface Look {
  /** 0 to 255, the terminal's palette; absent: its own foreground or background. */
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
const monochrome: Theme = Object.fromEntries(
  Object.entries(colours).map(([style, { fg: _fg, bg: _bg, ...rest }]) => [style, rest]),
) as unknown as Theme;

export const dark: Theme = {
  ...colours,
  dim: { fg: 245 },
  heading: { fg: 117, bold: true },
  link: { fg: 75, underline: true },
  code: { fg: 222 },
  quote: { fg: 245 },
  rule: { fg: 239 },
  accent: { fg: 117 },
  selected: { fg: 231, bg: 24 },
  match: { fg: 16, bg: 222 },
  found: { fg: 16, bg: 208, bold: true },
  key: { fg: 117, bold: true },
  user: { fg: 111, bold: true },
  good: { fg: 114 },
  busy: { fg: 117 },
  warning: { fg: 221, bold: true },
  bad: { fg: 203, bold: true },
  added: { fg: 157, bg: 22 },
  addedWord: { fg: 231, bg: 28, bold: true },
  removed: { fg: 217, bg: 52 },
  removedWord: { fg: 231, bg: 124, bold: true },
  keyword: { fg: 176 },
  string: { fg: 114 },
  number: { fg: 216 },
  comment: { fg: 245 },
  name: { fg: 117 },
  type: { fg: 222 },
};

export const light: Theme = {
  ...colours,
  dim: { fg: 242 },
  heading: { fg: 25, bold: true },
  link: { fg: 26, underline: true },
  code: { fg: 94 },
  quote: { fg: 242 },
  rule: { fg: 250 },
  accent: { fg: 25 },
  selected: { fg: 231, bg: 25 },
  match: { fg: 16, bg: 229 },
  found: { fg: 16, bg: 214, bold: true },
  key: { fg: 25, bold: true },
  user: { fg: 26, bold: true },
  good: { fg: 28 },
  busy: { fg: 30 },
  warning: { fg: 130, bold: true },
  bad: { fg: 160, bold: true },
  added: { fg: 22, bg: 194 },
  addedWord: { fg: 22, bg: 120, bold: true },
  removed: { fg: 88, bg: 224 },
  removedWord: { fg: 88, bg: 217, bold: true },
  keyword: { fg: 90 },
  string: { fg: 28 },
  number: { fg: 130 },
  comment: { fg: 242 },
  name: { fg: 25 },
  type: { fg: 94 },
};

const THEMES = { dark, light, '16': colours, none: monochrome } as const;

/** Terminals of more than 16 colours, by their names. */
const has256 = ({ TERM = '', COLORTERM = '' }: NodeJS.ProcessEnv): boolean =>
  COLORTERM !== '' || /256|direct|kitty|alacritty|foot|ghostty|wezterm/.test(TERM);

/**
 * The theme that is chosen, or that the environment asks for. NO_COLOR beats a chosen one. `light`: whether the background is, where
 * the terminal told; some palettes make the terminal's own grey the colour of its background, so ours is better where it can be had.
 */
export function themeFor(
  env: NodeJS.ProcessEnv,
  chosen: Settings['theme'] = 'auto',
  light: boolean | null = null,
): Theme {
  if (env.NO_COLOR || env.TERM === 'dumb' || env.TERM === 'vt100') return monochrome;
  if (chosen !== 'auto') return THEMES[chosen];
  return light === null || !has256(env) ? colours : light ? THEMES.light : THEMES.dark;
}
