/**
 * Every limit of Praxis in one place: what it bounds, its unit, and what happens when it is reached.
 * A limit that a person can change says so; the others are promises between the parts.
 */

/** Bytes of one ACP frame (one line). A larger one is refused with `FrameTooLarge`; the connection goes on. */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024;

/** Bytes of frames that one bus message gathers. A single larger frame still travels, alone. */
export const MAX_BATCH_BYTES = 256 * 1024;

/** Frames that one bus message gathers, so that a flood of tiny frames cannot make one endless body. */
export const MAX_BATCH_FRAMES = 4_096;

/** Bytes that an outbox holds for the broker to confirm. At the limit its producer is told to wait. */
export const MAX_OUTBOX_BYTES = 64 * 1024 * 1024;

/** Bytes and messages of one client's queue. At the limit the oldest go; the client sees the gap and asks again. */
export const MAX_CLIENT_QUEUE_BYTES = 64 * 1024 * 1024;
export const MAX_CLIENT_QUEUE_MESSAGES = 20_000;

/** Prompts that wait in one session besides the running one. One more is refused with `QueueFull`. */
export const MAX_QUEUED_PROMPTS = 32;

/** Characters of one session's journal. At the limit the next prompt is refused with `JournalFull`; what runs goes on. */
export const MAX_JOURNAL_CHARACTERS = 1024 * 1024 * 1024;

/** Sessions that live on one node at a time. One more is refused with `TooManySessions`. node.json may say another number. */
export const MAX_NODE_SESSIONS = 10_000;

/** Frames of one agent that its node reads in a second. A faster one is paused, with a warning in its transcript. node.json may say another number. */
export const MAX_AGENT_FRAMES_PER_SECOND = 100_000;

/** Milliseconds that a question of a session without interactive viewers waits for one before the policy rejects it. */
export const NO_ANSWERER_MS = 5_000;

/** Sessions that one `_praxis/session/prune` removes at most. */
export const PRUNE_PAGE = 100;

/** Seconds before an idle time-out at which the session is warned; half of the time-out when that is shorter. */
export const IDLE_WARNING_SECS = 60;

/** Characters of an id, a name, a method. Longer ones are refused as bad input. */
export const MAX_ID_LENGTH = 256;

/** Names that `_praxis/files` gives at most, and entries of a directory that it looks at. What is beyond is left out, and the answer says so. */
export const MAX_FILES_LISTED = 500;
export const MAX_FILES_SEEN = 20_000;

/** Of a form of an agent: fields, choices of all its fields, characters of its JSON. A larger one is not shown to people, and counts as one that nobody can answer. */
export const MAX_FORM_FIELDS = 100;
export const MAX_FORM_CHOICES = 1_000;
export const MAX_FORM_CHARACTERS = 128 * 1024;

/** Nested arrays and objects in one frame. Deeper ones are refused as bad input. */
export const MAX_FRAME_DEPTH = 256;

/** Unacknowledged bus messages that one consumer holds. The broker waits with the rest. */
export const PREFETCH = 200;

/** Milliseconds between two beats of a node. */
export const NODE_BEAT_MS = 3_000;

/** Milliseconds of silence after which a node and its sessions are shown as lost. */
export const NODE_SILENT_MS = 10_000;

/** Milliseconds of silence after which the prompts that wait for a node are answered with `NodeLost`. */
export const NODE_GONE_MS = 120_000;

/** Milliseconds that a node has to answer its part of `session/list` before the journal's word is taken. */
export const NODE_LIST_MS = 2_000;

/** Milliseconds that an agent has to start and answer `initialize` and `session/new`. Then it is killed. */
export const AGENT_START_MS = 30_000;

/** Seconds that one prompt may run unless the session says otherwise. Then it is cancelled, and killed after the grace. Waiting for a person does not count. */
export const DEFAULT_PROMPT_TIMEOUT_SECS = 600;

/** Milliseconds that an agent has to answer a cancel, then an interrupt, before the next stronger means. */
export const CANCEL_GRACE_MS = 5_000;
export const INTERRUPT_GRACE_MS = 2_000;

/** Milliseconds between SIGTERM and SIGKILL for an agent's process group. */
export const KILL_GRACE_MS = 2_000;

/** Milliseconds that `_praxis/terminal/show` waits for a change at most. The viewer asks again. */
export const TERMINAL_WAIT_MS = 20_000;

/** Characters that one `_praxis/terminal/type` types. More are refused as bad input. */
export const MAX_TERMINAL_INPUT = 8_192;

/**
 * Milliseconds that one Lua call may compute without waiting. Then its VM is stopped: within 1 s of its beginning, since a
 * look every quarter of this finds it.
 */
export const LUA_SLICE_MS = 750;

/**
 * Milliseconds of the same that a question to the host counts for which it answers at once, besides what the script computes: about
 * what its way to the host and back takes. So no more than 7,500 of them may follow each other without a wait.
 */
export const LUA_ASK_MS = 0.1;

/** Programs and followed files that one session's script may have open. One more is an error in the script; what has ended makes room. */
export const LUA_STREAMS = 100;

/** Bytes that one Lua VM may allocate. At the limit its script gets "not enough memory". */
export const LUA_MEMORY_BYTES = 16 * 1024 * 1024;

/** Values that the scripts of one connector have their node remember. The oldest goes. */
export const MAX_REMEMBERED = 100;

/** Characters of one of them, as JSON. A larger one is an error in the script. */
export const MAX_REMEMBERED_CHARACTERS = 64 * 1024;

/** Events that one page of `_praxis/session/events` holds at most. */
export const MAX_EVENTS_PAGE = 5_000;

/** Answers per client that the service keeps to repeat them to a client that reconnects. */
export const MAX_KEPT_ANSWERS = 256;

/** Refusals that the service keeps, of all clients together, so that a copy of a refused request is refused too. */
export const MAX_KEPT_REFUSALS = 4_096;

/** Bytes of an agent's stderr that are kept for an error message. */
export const MAX_STDERR_TAIL = 4_096;

/** Bytes that may wait for a program that does not read its terminal. What would go beyond is refused; so is all of it after PTY_STALL_MS. */
export const MAX_PTY_INPUT_BYTES = 1024 * 1024;

/** Milliseconds in which a program takes nothing of its terminal before a script's write fails. */
export const PTY_STALL_MS = 10_000;

/** Characters of a terminal's text that wait for its script. A script that reads makes the program wait; else the oldest go. */
export const MAX_TERMINAL_TEXT = 256 * 1024;

/** Bytes of one line of a file that a script follows. Longer ones are left out, with a warning in the node's log. */
export const MAX_TAIL_LINE_BYTES = 4 * 1024 * 1024;
