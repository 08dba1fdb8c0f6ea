/** The letters that answer a permission question wherever a person is asked: on the screen and on the command line. */
import type { PermissionOption } from '../proto/index.js';

/** By the kind of the option. */
export const ANSWER_KEYS = {
  allow_once: 'a',
  allow_always: 'A',
  reject_once: 'r',
  reject_always: 'R',
} as const satisfies Record<PermissionOption['kind'], string>;
