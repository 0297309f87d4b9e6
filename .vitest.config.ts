import { defineConfig } from 'vitest/config';

const alias = { drover: new URL('./src/index.ts', import.meta.url).pathname };

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'roles/**/*.test.ts'],
          exclude: ['test/lab/**', 'test/hardware/**'],
          globalSetup: ['test/unit-setup.ts'],
          // One for each core but one is Vitest's own choice; much of the time is spent waiting for programs here too.
          maxWorkers: 3,
          testTimeout: 20_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          globalSetup: ['test/lab/global-setup.ts'],
          // Each worker has a fleet of its own: most of the time is spent waiting.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'hardware',
          include: ['test/hardware/**/*.test.ts'],
          globalSetup: ['test/hardware/global-setup.ts'],
          // Everything is emulated, and a reboot of the machine takes all its hosts along.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
