/** The real screen over the system of PRAXIS_HOME, whose parts run already: a program for a terminal. */
import { connectClient } from '../../client/index.js';
import { homeOf } from '../../proto/index.js';
import { runTui } from '../../tui/index.js';
import { NODE_NAME } from './system.js';

const client = connectClient({ env: process.env, name: 'praxis-tui' });
const here = { node: NODE_NAME, cwd: process.env.PX_WORK! };
await runTui(client, { home: homeOf(process.env).root, here });
await client.close();
