/** What the keys of the palette and the history do. */
import { openSession, say, step, withCurrent } from './change.js';
import { type Choice, choices, placeOf } from './choices.js';
import { run } from './commands.js';
import { editorOf } from './editor.js';
import type { Step } from './effects.js';
import type { Command } from './keys.js';
import { startOverlay } from './start-form.js';
import type { Overlay, State } from './state.js';

export function inPick(
  state: State,
  overlay: Extract<Overlay, { kind: 'pick' }>,
  command: Command,
  now: number,
): Step<State> {
  const shown = choices(state, overlay);
  const at = placeOf(shown, overlay);
  switch (command) {
    case 'next':
    case 'previous': {
      const to = Math.max(0, at) + (command === 'next' ? 1 : -1);
      const selected = shown.at(to % shown.length)?.id ?? null;
      return step({ ...state, overlay: { ...overlay, selected } });
    }
    case 'accept': {
      const choice = shown[at];
      if (at < 0)
        return step(
          say(
            { ...state, overlay: { ...overlay, selected: null } },
            'That has just left the list.',
            now,
            'warning',
          ),
        );
      return choice ? chosen(state, choice, now) : step(state);
    }
    case 'dismiss':
      return step({ ...state, overlay: null });
    default:
      return step(state);
  }
}

function chosen(state: State, choice: Choice, now: number): Step<State> {
  // What cannot act stays where it is and says why.
  if (choice.why !== null && choice.kind !== 'agent')
    return step(say(state, choice.why || 'There is nothing to do.', now, 'warning'));
  const under: State = { ...state, overlay: null };
  switch (choice.kind) {
    case 'command':
      return run(
        choice.binding.in === 'chat' ? { ...under, focus: 'chat' } : under,
        choice.binding.command,
        '',
        now,
      );
    case 'session':
      return openSession(under, choice.sessionId);
    case 'agent':
      return step(startOverlay(under, choice.node, choice.connector));
    case 'prompt':
      return step(
        withCurrent({ ...under, focus: 'chat' }, () => ({ draft: editorOf(choice.text), target: 'prompt' })),
      );
  }
}
