import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Tests that measure how long something takes, with processes of their own on both cores. */
const TIMED = ['packages/*/test/{schedules,faults}/**/*.test.ts']
/** The brief form of the fault campaign, which needs root, and its model. */
const CAMPAIGN = ['faults/test/campaign/**/*.test.ts', 'faults/test/model.test.ts']

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The hundreds of processes that the tests start need not strip and compile the same files each time.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{packages/*,faults,bench}/test/**/*.test.ts', 'tools/*.test.ts'],
          exclude: [...TIMED, ...CAMPAIGN],
          // Real Redis and Sentinel processes, with deadlines of seconds: three workers leave nothing of two cores idle.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: TIMED, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'campaign', include: CAMPAIGN, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
