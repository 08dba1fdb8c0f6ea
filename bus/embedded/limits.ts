/** The `x-` arguments of a queue, checked. One that this broker does not keep to is refused, so that nobody relies on it. */
import { z } from 'zod';
import { AmqpError } from './errors.js';
import type { QueueLimits } from './queue.js';
import type { Table } from './values.js';

const count = z.number().int().min(0);

const Arguments = z.strictObject({
  'x-max-length': count.default(Infinity),
  'x-max-length-bytes': count.default(Infinity),
  'x-overflow': z.enum(['drop-head', 'reject-publish']).default('drop-head'),
  'x-message-ttl': count.default(Infinity),
  'x-expires': count.min(1).optional(),
  'x-single-active-consumer': z.boolean().default(false),
  'x-queue-type': z.literal('classic').optional(),
});

/** Throws 406 for a value that is wrong, 540 for an argument that is not supported. */
export function limitsOf(queue: string, args: Table): QueueLimits {
  const parsed = Arguments.safeParse({ ...args });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    if (issue.code === 'unrecognized_keys')
      throw new AmqpError('NOT_IMPLEMENTED', `queue argument '${issue.keys[0]}' is not supported`);
    throw new AmqpError(
      'PRECONDITION_FAILED',
      `invalid arg '${issue.path.join('.')}' for queue '${queue}' in vhost '/': ${issue.message}`,
    );
  }
  const { data } = parsed;
  return {
    maxLength: data['x-max-length'],
    maxBytes: data['x-max-length-bytes'],
    overflow: data['x-overflow'],
    messageTtl: data['x-message-ttl'],
    expires: data['x-expires'],
    singleActiveConsumer: data['x-single-active-consumer'],
  };
}
