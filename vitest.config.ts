import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    exclude: ['tests/agents/**', '**/node_modules/**'],
    // Many tests start real processes; two cores run two files at a time without starving them.
    maxWorkers: 2,
    // The demo agent's memory stays out of the home directory.
    env: { DEMO_AGENT_STATE: join(tmpdir(), 'px-demo-memory') },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
