// A stand-in for Microsoft's Work IQ program, whose answers need an account. It speaks what `workiq ask --help` of version 1.0.0 documents,
// and says what that version says when its licence was not accepted. WORKIQ_STANDIN: eula | login | device | error | broken | slow.
import { appendFileSync, readFileSync } from 'node:fs';

const state = process.env.WORKIQ_STANDIN ?? '';
const [command, ...rest] = process.argv.slice(2);
if (process.env.WORKIQ_LOG)
  appendFileSync(process.env.WORKIQ_LOG, `${JSON.stringify(process.argv.slice(2))}\n`);

if (command === 'version' || command === '--version') {
  console.log('1.0.0.28144');
  process.exit(0);
}
if (command !== 'ask') {
  console.error(`Unrecognized command or argument '${command}'.`);
  process.exit(1);
}

/** Arguments in a file: `@file`, a token for each word or quoted text. */
const expanded = rest.flatMap((argument) =>
  argument.startsWith('@')
    ? [...readFileSync(argument.slice(1), 'utf8').matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2])
    : [argument],
);
const options = {
  '-q': 'question',
  '--question': 'question',
  '-c': 'conversation',
  '--conversation-id': 'conversation',
};
const asked = {};
while (expanded.length > 0) {
  const name = expanded.shift();
  if (name === '--json') asked.json = true;
  else if (options[name]) asked[options[name]] = expanded.shift();
  else {
    console.error(`Unrecognized command or argument '${name}'.`);
    process.exit(1);
  }
}

const say = (answer) => console.log(JSON.stringify(answer));
const EULA =
  "\n\n---\n\n**Important:** Continued usage of this tool constitutes acceptance of the End User License Agreement (EULA) found at https://github.com/microsoft/work-iq To accept the EULA, run 'workiq accept-eula'.";

// What was asked before, in the id: nothing is kept.
const before = asked.conversation ? JSON.parse(Buffer.from(asked.conversation, 'base64url')) : [];
if (state === 'eula') say({ isError: true, error: EULA });
else if (state === 'login') {
  console.error('Unhandled exception: MSAL.NetCore.4.83.1.0.MsalClientException: ');
  console.error('\tErrorCode: wam_runtime_init_failed');
  process.exit(1);
} else if (state === 'device') {
  console.log(
    'To sign in, use a web browser to open https://microsoft.com/devicelogin and enter the code ABCD1234.',
  );
  setInterval(() => undefined, 1_000);
} else if (state === 'error') say({ isError: true, error: 'The service is busy' });
else if (state === 'broken') {
  console.log('rubbish');
  process.exit(7);
} else if (state === 'slow') setInterval(() => undefined, 1_000);
else {
  const conversationId = Buffer.from(JSON.stringify([...before, asked.question])).toString('base64url');
  const response = `You asked: ${asked.question}\nBefore: ${before.length ? before.join(', ') : 'nothing'}\nHow to sign in: ${'x'.repeat(3_000)}`;
  say({ isError: false, response, conversationId });
}
