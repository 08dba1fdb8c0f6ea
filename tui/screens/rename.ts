/** The name of a session, to be written. */
import { span } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import type { Overlay, State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

export function renameBox(state: State, { name }: Extract<Overlay, { kind: 'rename' }>): Box {
  const width = Math.min(state.columns - 4, 70);
  const field = fieldLine(name, width - 6);
  const about = [span('An empty name leaves it to the agent.', 'dim')];
  const lines = framed('Name of the session', [[span('❯ ', 'accent'), ...field.line], [], about], width);
  return { lines, width, cursor: { row: 1, column: 4 + field.column } };
}
