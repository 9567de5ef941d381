import { defineConfig } from 'vitest/config'

/** Tests that measure how long something takes, with processes of their own on both cores. */
const TIMED = ['packages/*/test/{schedules,faults}/**/*.test.ts']
/** The short form of the fault campaign, and its model: by `npm run test:faults`, as root. */
const CAMPAIGN = ['faults/test/campaign/**/*.test.ts', 'faults/test/model.test.ts']

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{packages/*,faults,bench}/test/**/*.test.ts', 'tools/*.test.ts'],
          exclude: [...TIMED, ...CAMPAIGN],
          // Real Redis and Sentinel processes, on two cores: more workers only make failovers slower.
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
