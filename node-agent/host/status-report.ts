/**
 * What a program says of its state: `OSC 7501 ; key=value : key=value ... ST`, the Program Status Protocol that Claude Code (asked by
 * `OSC 7501 ; ?`) and Codex (unasked) speak. `msg` is base64; everything else is plain.
 */

/** Fields of one report, and characters of one value; what is beyond is left out. */
const MAX_FIELDS = 32;
const MAX_VALUE = 4_096;

export interface StatusReport {
  /** idle, working, blocked, done, error, clear; programs may add others. */
  state: string;
  /** What a blocked program waits for, `permission` for instance. */
  kind?: string;
  /** A sentence for the person, decoded. */
  msg?: string;
  app?: string;
  [field: string]: string | undefined;
}

/** Control characters have no place in a title or a sentence. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]+/g;

/** One line of at most MAX_VALUE characters. */
export const oneLine = (text: string): string => text.replace(CONTROLS, ' ').slice(0, MAX_VALUE);

/** Undefined for what is no report. */
export function parseStatus(data: string): StatusReport | undefined {
  const fields = data
    .split(':')
    .slice(0, MAX_FIELDS)
    .map((part) => /^([a-z][a-z0-9_-]*)=(.*)$/s.exec(part))
    .filter((match) => match !== null)
    .map(([, name, value]) => [name!, oneLine(name === 'msg' ? decode(value!) : value!)]);
  const report = Object.fromEntries(fields) as Partial<StatusReport>;
  return report.state ? (report as StatusReport) : undefined;
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
