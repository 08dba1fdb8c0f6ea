/** The matrix by itself: it is no part of `npm test`, and one agent at a time is enough for a machine. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/agents/matrix.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    fileParallelism: false,
    hookTimeout: 90_000,
  },
});
