/**
 * What the model stub says, written by the test into the prompt itself: `%%stub:[[step, ...], ...]%%` has one list of
 * steps for each model request of the turn, so one stub serves any number of sessions at once and keeps no state.
 * A prompt without a script is answered with `ECHO: <prompt>`.
 */
import { z } from 'zod';

const Step = z.union([
  /** Text, a word at a time, with a pause in milliseconds between words. */
  z.strictObject({ text: z.string(), pauseMs: z.number().min(0).default(0) }),
  z.strictObject({ thought: z.string() }),
  z.strictObject({ tool: z.string(), input: z.record(z.string(), z.unknown()) }),
  /** Stay silent until there is a file of that path. */
  z.strictObject({ until: z.string() }),
  /** Stay silent with the connection open until the agent gives up. */
  z.strictObject({ hang: z.literal(true) }),
  /** Before any text an HTTP error, afterwards an error inside the stream. */
  z.strictObject({ error: z.strictObject({ status: z.number().int(), message: z.string() }) }),
]);
export type Step = z.infer<typeof Step>;

const Script = z.array(z.array(Step)).min(1);

/** The prompt that makes the model say these rounds. What it says may hold such a prompt too, for a subagent. */
export const scripted = (...rounds: z.input<typeof Step>[][]): string =>
  `%%stub:${JSON.stringify(rounds).replaceAll('%%', '%\\u0025')}%%`;

/** The steps of one model request: `round` counts the model's replies since the prompt. The last round repeats. */
export function stepsFor(prompt: string, round: number): Step[] {
  const found = /%%stub:(.*?)%%/s.exec(prompt);
  if (!found) return [{ text: `ECHO: ${prompt}`, pauseMs: 0 }];
  const rounds = Script.parse(JSON.parse(found[1]!));
  return rounds[Math.min(round, rounds.length - 1)]!;
}
