#!/usr/bin/env node
/** The program `praxis`: runs the command line, and lends it the parts, each loaded only when it is the one to run. */
import { fileURLToPath } from 'node:url';
import { main } from '../cli/index.js';

const code = await main(process.argv.slice(2), {
  program: fileURLToPath(import.meta.url),
  service: async (env) => (await import('../service/index.js')).runService(env),
  checkConnector: async (...what) => (await import('../node-agent/index.js')).checkConnector(...what),
  node: async (env) => (await import('../node-agent/index.js')).runNode(env),
});
process.exit(code);
