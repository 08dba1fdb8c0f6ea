/** The embedded broker as a process of its own, for tests that kill it. Arguments: its socket, its file of logins. */
import { LoginStore, startBroker } from '../../bus/embedded/index.js';

const [socket, file] = process.argv.slice(2) as [string, string];
await startBroker({ socket, logins: new LoginStore(file) });
process.stdout.write('ready\n');
// Ends with the test that started it, however that ended.
process.stdin.on('end', () => process.exit()).resume();
