/** Turns what went wrong at the broker into a sentence for a person. It never holds a password: none is given to it. */

/** The AMQP reply code of an error of the broker; undefined for other errors. */
export function replyCode(error: unknown): number | undefined {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'number') return code;
  const inHandshake = /^Handshake terminated by server: (\d{3})/.exec((error as Error).message ?? '');
  return inHandshake ? Number(inHandshake[1]) : undefined;
}

/** Nobody listens there; undefined for other errors. `address` is the path of a socket (https://nodejs.org/api/errors.html#class-systemerror). */
function unheard(error: unknown): string | undefined {
  const { code, address, port } = error as { code?: unknown; address?: string; port?: number };
  if ((code !== 'ENOENT' && code !== 'ECONNREFUSED') || address === undefined) return undefined;
  return port === undefined ? `no service at ${address}` : `no broker at ${address}, port ${port}`;
}

export function describe(error: unknown, user: string): string {
  const message = unheard(error) ?? (error instanceof Error ? error.message : String(error));
  switch (replyCode(error)) {
    case 403:
      return message.startsWith('Handshake')
        ? `the broker refused the login ${user}`
        : `the login ${user} may not do this: ${message}`;
    case 404:
      return `something is missing at the broker (is the service running?): ${message}`;
    case 405:
      return `another connection has this address (does it run twice?): ${message}`;
    default:
      return message;
  }
}
