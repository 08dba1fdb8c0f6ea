/** The settings as the screen shows and changes them. */
import type { Settings } from './settings.js';

/** One line of the settings screen: what is chosen from, and what each choice means. */
export interface Preference {
  key: Exclude<keyof Settings, 'keys'>;
  name: string;
  /** The values in their order, each with its words. */
  values: readonly (readonly [value: string | boolean, words: string])[];
}

const SWITCH = [
  [true, 'on'],
  [false, 'off'],
] as const;

export const PREFERENCES: readonly Preference[] = [
  {
    key: 'theme',
    name: 'Theme',
    values: [
      ['auto', 'automatic: dark or light, as the terminal is'],
      ['dark', 'dark, 256 colours'],
      ['light', 'light, 256 colours'],
      ['16', "the terminal's own 16 colours"],
      ['none', 'no colours'],
    ],
  },
  { key: 'plain', name: 'Plain mode for screen readers', values: SWITCH },
  { key: 'mouse', name: 'Mouse', values: SWITCH },
  { key: 'bell', name: 'Bell when a session waits or ends', values: SWITCH },
  {
    key: 'notify',
    name: 'Desktop notification then',
    values: [
      ['auto', 'automatic'],
      ['osc9', 'as OSC 9'],
      ['osc777', 'as OSC 777'],
      ['off', 'off'],
    ],
  },
  {
    key: 'diff',
    name: 'Diffs',
    values: [
      ['auto', 'side by side from 140 columns on'],
      ['unified', 'one column'],
      ['side', 'side by side'],
    ],
  },
];

/** `settings` with the value of `preference` that comes `by` places after its present one. */
export function turned(settings: Settings, { key, values }: Preference, by: 1 | -1): Settings {
  const at = values.findIndex(([value]) => value === settings[key]);
  const [value] = values[(at + by + values.length) % values.length]!;
  return { ...settings, [key]: value };
}

export const wordsFor = (settings: Settings, { key, values }: Preference): string =>
  values.find(([value]) => value === settings[key])?.[1] ?? '';
