/** What a journal holds, an imported one too, never commands the terminal that shows it. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../cli/io.js';
import { JsonPrinter, TextPrinter } from '../../cli/turn/printer.js';
import { TurnWindow } from '../../cli/turn/turn.js';
import { newId, notificationLine, parseFrame } from '../../proto/index.js';

const sessionId = newId();

function terminal(isTTY: boolean) {
  const stream = () => Object.assign(new PassThrough(), { isTTY });
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  const io: Io = {
    env: { NO_COLOR: '1' },
    cwd: '/',
    ...{ stdin, stdout, stderr },
    onInterrupt: () => () => undefined,
    exit: () => {
      throw new Error('left');
    },
  };
  const read = (from: PassThrough) => () => `${from.read() ?? ''}`;
  const [out, err] = [read(stdout), read(stderr)];
  return { io, stdout: out, stderr: err, shown: () => out() + err() };
}

const event = (method: string, params: object) => ({
  ...{ sessionId, seq: 1, epoch: 1, at: 0 },
  frame: parseFrame(notificationLine(method, { sessionId, ...params })),
});

describe('a printed event', () => {
  it('shows no escape sequence of a notice, wherever it stands', () => {
    const { io, shown } = terminal(true);
    const printer = new TextPrinter(io, 'short');
    printer.event(event('_praxis/session/notice', { severity: '\x1b]0;evil\x07bad', text: '\x1b[2Jtext' }));
    expect(shown()).toBe('bad: text\n');
  });

  it('names who prompted, unless it was this login', () => {
    const { io, shown } = terminal(true);
    const printer = new TextPrinter(io, 'none', 'me');
    for (const by of ['me', 'laptop']) {
      const prompt = [{ type: 'text', text: 'one\ntwo' }];
      printer.event(event('_praxis/turn', { turnId: newId(), state: 'running', prompt, by }));
    }
    expect(shown()).toBe('> one\n> two\nlaptop> one\nlaptop> two\n');
  });

  it('says in a transcript of prompts that they failed, were cancelled or cut short, and nothing of those that ended well', () => {
    const { io, stdout, stderr } = terminal(true);
    const printer = new TextPrinter(io, 'none', 'me');
    const end = (outcome: object) =>
      printer.event(event('_praxis/turn', { turnId: newId(), state: 'ended', ...outcome }));
    end({ stopReason: 'end_turn' });
    end({ error: { code: 1002, message: 'The node went\x1b[2J away' } });
    end({ error: 'x' });
    end({ stopReason: 'cancelled' });
    end({ stopReason: 'max_tokens' });
    expect(stderr()).toBe(
      'the prompt failed: The node went away\nthe prompt failed\nthe prompt was cancelled\nthe prompt ended with max_tokens\n',
    );
    expect(stdout()).toBe('');
  });

  it('shows a prompt that waited when its own turn begins, as it was changed meanwhile', () => {
    const { io, shown } = terminal(true);
    const printer = new TextPrinter(io, 'none', 'me');
    const prompt = (text: string) => [{ type: 'text', text }];
    const say = (text: string) =>
      printer.event(
        event('session/update', {
          update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
        }),
      );
    const turn = (turnId: string, state: string, more: object = {}) =>
      printer.event(event('_praxis/turn', { turnId, state, ...more }));
    turn('a', 'running', { prompt: prompt('one'), by: 'me' });
    say('The first ');
    turn('b', 'queued', { prompt: prompt('two'), by: 'laptop' });
    turn('c', 'queued', { prompt: prompt('three'), by: 'me' });
    turn('b', 'queued', { prompt: prompt('two, please') });
    turn('c', 'removed');
    say('reply');
    turn('a', 'ended', { stopReason: 'end_turn' });
    turn('b', 'running');
    say('The second');
    turn('b', 'ended', { stopReason: 'end_turn' });
    printer.end();
    expect(shown()).toBe('> one\nThe first reply\nlaptop> two, please\nThe second\n');
  });

  it('shows the output of a tool where everything is asked for: bounded, and without escapes', () => {
    const tool = (printer: TextPrinter, text: string, status: string) =>
      printer.event(
        event('session/update', {
          update: {
            ...{ sessionUpdate: 'tool_call_update', toolCallId: 't', title: 'make', status },
            content: [{ type: 'content', content: { type: 'text', text } }],
          },
        }),
      );
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    const printed = (asides: 'short' | 'full', text: string) => {
      const { io, shown } = terminal(true);
      const printer = new TextPrinter(io, asides);
      tool(printer, 'not yet', 'in_progress');
      tool(printer, text, 'failed');
      return shown();
    };
    expect(printed('short', 'an error')).toBe('… make\n✗ make\n');
    expect(printed('full', '\x1b[2Jan error\n')).toBe('… make\n✗ make\n  an error\n');
    const long = printed('full', lines.join('\n')).split('\n');
    expect(long).toContain('  line 9');
    expect(long).toContain('  … 80 more lines');
    expect(long).toContain('  line 90');
    expect(long).not.toContain('  line 10');
    expect(printed('full', 'x'.repeat(10_000)).length).toBeLessThan(500);
  });

  it('tells of a stop reason that is none of ACP’s, and of none, without its escapes', () => {
    const { io, shown } = terminal(true);
    const printer = new TextPrinter(io, 'none');
    for (const stopReason of ['end_turn', 'refusal', 'ti\x1b[2Jred', undefined])
      printer.event(event('_praxis/turn', { turnId: newId(), state: 'ended', result: {}, stopReason }));
    expect(shown()).toBe(
      'the agent ended the turn with a stop reason that is not known here: tired\n' +
        'the agent ended the turn without a stop reason\n',
    );
  });

  it('says for people why a session is lost', () => {
    const { io, shown } = terminal(true);
    const printer = new TextPrinter(io, 'none');
    printer.event(event('_praxis/session/state', { state: 'lost', reason: 'node_stopped', detail: null }));
    expect(shown()).toBe('the session is lost: its node was stopped\n');
  });

  it('as JSON on a terminal has escapes for 8-bit control characters, and means the same', () => {
    const { io, shown } = terminal(true);
    const said = event('session/update', { text: 'a\x9b2Jb\x7f\u202e' });
    new JsonPrinter(io).event(said);
    const line = shown();
    expect(line).toContain('a\\u009b2Jb\\u007f\\u202e');
    expect(JSON.parse(line)).toEqual(JSON.parse(said.frame.line));
  });

  it('as JSON for a program is the frame as it is', () => {
    const { io, shown } = terminal(false);
    const said = event('session/update', { text: 'a\x9b2Jb' });
    new JsonPrinter(io).event(said);
    expect(shown()).toBe(`${said.frame.line}\n`);
  });
});

describe('the window of one turn', () => {
  it('tells of a prompt that waits that the session is lost, and that it waits for it', () => {
    const { io, shown } = terminal(false);
    const printer = new TextPrinter(io, 'none');
    const window = new TurnWindow(
      (event) => printer.event(event),
      (line) => printer.remark(line),
    );
    const turnId = newId();
    window.turnId = turnId;
    const lost = event('_praxis/session/state', { state: 'lost', reason: 'node_silent', detail: null });
    const turn = (id: string, state: string) => window.event(event('_praxis/turn', { turnId: id, state }));
    window.event(lost);
    turn(newId(), 'queued');
    window.event(lost);
    expect(shown()).toBe('');
    turn(turnId, 'queued');
    window.event(lost);
    expect(shown()).toBe(
      'the session is lost: its node does not answer\nthe prompt waits for the session to come back; Ctrl+C takes it out of the queue\n',
    );
    turn(turnId, 'running');
    window.event(lost);
    expect(shown()).toBe('the session is lost: its node does not answer\n');
  });
});
