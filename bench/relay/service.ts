/** The bare relay's middle process: passes every message on and acknowledges it when the next hop has confirmed. */
import { CLIENTS, COMMANDS, consume, declare, EVENTS, NODES, openLink, publish } from './wire.js';

const link = await openLink(process.env.BENCH_URL!);
await declare(link);
await consume(link, `${COMMANDS}.queue`, (message) => publish(link, NODES, message, false));
await consume(link, `${EVENTS}.queue`, (message) => publish(link, CLIENTS, message, false));
process.send!('ready');
