/** The methods of `session` in Lua: each checks what the script says and turns it into ACP. */
import type { SessionFace } from '../host/session-host.js';
import type { Questions } from './questions.js';
import {
  Commands,
  ConfigOptions,
  Ended,
  Failure,
  MessageId,
  Plan,
  Question,
  Text,
  ToolCall,
  ToolUpdate,
  Usage,
} from './shapes.js';
import type { Speech } from './speech.js';

export interface FaceOptions {
  speech: Speech;
  questions: Questions;
  update(update: Record<string, unknown>): void;
  notice(text: string): void;
  modeChanged(modeId: string): void;
  save(value: unknown): void;
  /** The question about this tool call has been answered elsewhere. */
  withdraw(toolCallId: string): void;
  /** The turn is over. */
  done(reason: Ended): void;
  fail(failure: Failure): void;
}

export function sessionFace(options: FaceOptions): Omit<SessionFace, 'onAgentEnd'> {
  const { speech, questions, update } = options;
  return {
    calls: {
      tool_call: (value) => speech.tool(ToolCall.parse(value)),
      tool_update: (value) => speech.tool(ToolUpdate.parse(value)),
      plan: (value) => update({ sessionUpdate: 'plan', entries: Plan.parse(value) }),
      usage: (value) => update({ sessionUpdate: 'usage_update', ...Usage.parse(value) }),
      commands: (value) =>
        update({ sessionUpdate: 'available_commands_update', availableCommands: Commands.parse(value) }),
      mode: (value) => options.modeChanged(Text.parse(value)),
      config_options: (value) =>
        update({ sessionUpdate: 'config_option_update', configOptions: ConfigOptions.parse(value) }),
      title: (value) => update({ sessionUpdate: 'session_info_update', title: Text.parse(value) }),
      request_permission: (value) => questions.ask(Question.parse(value)),
    },
    tells: {
      message: (text, id) => speech.chunk('agent_message_chunk', Text.parse(text), MessageId.parse(id)),
      thought: (text, id) => speech.chunk('agent_thought_chunk', Text.parse(text), MessageId.parse(id)),
      done: (reason) => options.done(Ended.parse(reason)),
      fail: (value) => options.fail(Failure.parse(value)),
      warn: (text) => options.notice(Text.parse(text)),
      save: (value) => options.save(value),
      withdraw: (toolCallId) => options.withdraw(Text.parse(toolCallId)),
    },
  };
}
