/**
 * `praxis enroll` and `praxis revoke` here, and `praxis join` on the other machine. The secret goes through a here-document into stdin: it is in
 * no argv, no environment and no history of commands that take arguments.
 */
import { z } from 'zod';
import { Credentials, homeOf, invalidParams, Name, parseLogin, writeSecret } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { UsageError } from '../exit.js';
import { type Io, json, note, readAll, say } from '../io.js';

/** Characters of a join text at most. */
const MAX_JOIN = 16 * 1024;

/** An address that is a file is one only where the file is. */
const ONLY_HERE =
  'The broker of this Praxis is inside its service, so this login works on this machine alone. For other machines run a RabbitMQ and start with PRAXIS_BUS_URL (README, "More machines").';

const isLoopback = (url: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);

const loopback = (host: string) =>
  `This login is for the broker at ${host}, which on another machine is that machine itself. For other machines start the service with a PRAXIS_BUS_URL that they reach too.`;

export async function enroll(
  io: Io,
  role: 'node' | 'client',
  name: string,
  options: { json?: boolean },
): Promise<number> {
  checkName(name);
  return withClient(io, async (client) => {
    const { join } = await within(client.call('_praxis/enroll', { role, name }), 60_000);
    if (options.json) json(io, { role, name, join });
    else {
      const { url } = readJoin(join);
      if (url.startsWith('unix://')) note(io, ONLY_HERE);
      else if (isLoopback(url)) note(io, loopback(new URL(url).host));
      note(io, `Paste this on ${name}. It holds a password: whoever has it can be ${role} ${name}.`);
      say(io, `praxis join <<'PRAXIS'\n${join}\nPRAXIS`);
    }
    return 0;
  });
}

export async function revoke(
  io: Io,
  role: 'node' | 'client',
  name: string,
  options: { json?: boolean },
): Promise<number> {
  checkName(name);
  return withClient(io, async (client) => {
    const { sessions } = await within(client.call('_praxis/revoke', { role, name }), 60_000);
    if (options.json) json(io, { role, name, ...(sessions !== undefined && { sessions }) });
    else {
      say(io, `The login of the ${role} ${name} is gone, and its connections with it.`);
      if (sessions) say(io, `Sessions that ended with it: ${sessions}. Their transcripts stay.`);
    }
    return 0;
  });
}

function checkName(name: string): void {
  const checked = Name.safeParse(name);
  if (!checked.success) throw new UsageError(`${name}: ${checked.error.issues[0]?.message}`);
}

/** The text alone, as a shell hands it over, or with the lines around it, as a file of what was printed has it. */
const HERE_DOCUMENT = /^\s*(?:praxis join <<'PRAXIS'\s+)?([\w-]+)\s*(?:\sPRAXIS\s*)?$/;

const JoinText = Credentials.extend({ role: z.enum(['node', 'client']) });

export async function join(io: Io): Promise<number> {
  if (io.stdin.isTTY)
    note(io, 'Paste what praxis enroll printed between the two PRAXIS lines, then press Ctrl+D.');
  const { role, ...credentials } = readJoin(await readAll(io, MAX_JOIN));
  const login = parseLogin(credentials.user);
  if (login?.role !== role) throw invalidParams('The text is not what praxis enroll printed');
  const file = homeOf(io.env).credentials(role);
  writeSecret(file, credentials);
  say(io, `This machine is ${role} ${login.name} now.`);
  say(io, role === 'node' ? 'Start its node with: praxis up' : 'Open the screen with: praxis');
  return 0;
}

function readJoin(text: string): z.infer<typeof JoinText> {
  const wrong = () => invalidParams('The text is not what praxis enroll printed: paste all of it');
  let value: unknown;
  try {
    const [, secret = ''] = HERE_DOCUMENT.exec(text) ?? [];
    value = JSON.parse(Buffer.from(secret, 'base64url').toString('utf8'));
  } catch {
    throw wrong();
  }
  const parsed = JoinText.safeParse(value);
  if (!parsed.success) throw wrong();
  return parsed.data;
}
