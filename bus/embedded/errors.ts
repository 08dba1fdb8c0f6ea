/** What the broker says when it refuses: AMQP's reply codes, each of which ends a channel or the whole connection. */

/** Reply codes (AMQP 0-9-1 section 1.2) with the names that RabbitMQ begins its texts with. */
const CHANNEL_ERRORS = {
  ACCESS_REFUSED: 403,
  NOT_FOUND: 404,
  RESOURCE_LOCKED: 405,
  PRECONDITION_FAILED: 406,
} as const;
const CONNECTION_ERRORS = {
  CONNECTION_FORCED: 320,
  FRAME_ERROR: 501,
  SYNTAX_ERROR: 502,
  COMMAND_INVALID: 503,
  CHANNEL_ERROR: 504,
  UNEXPECTED_FRAME: 505,
  NOT_ALLOWED: 530,
  NOT_IMPLEMENTED: 540,
  INTERNAL_ERROR: 541,
} as const;

export type ErrorName = keyof typeof CHANNEL_ERRORS | keyof typeof CONNECTION_ERRORS;

export class AmqpError extends Error {
  readonly code: number;
  /** Ends only the channel that it happened on. */
  readonly ofChannel: boolean;

  constructor(
    readonly reply: ErrorName,
    text: string,
  ) {
    super(`${reply} - ${text}`);
    this.ofChannel = reply in CHANNEL_ERRORS;
    this.code = { ...CHANNEL_ERRORS, ...CONNECTION_ERRORS }[reply];
  }

  /** The text for the wire: a short string holds 255 bytes. */
  get replyText(): string {
    return Buffer.from(this.message)
      .subarray(0, 255)
      .toString('utf8')
      .replace(/\uFFFD+$/, '');
  }
}

export const notFound = (kind: 'queue' | 'exchange', name: string) =>
  new AmqpError('NOT_FOUND', `no ${kind} '${name}' in vhost '/'`);
