import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { testFilesByTier } from './tools/test-tiers.ts'

const { unit, integration, timed, campaign } = testFilesByTier()

/** The tiers run one after the other (`groupOrder`). */
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
          name: 'unit',
          include: unit,
          setupFiles: ['testing/src/no-processes.ts'],
          // Files of one worker share the modules that they import: most of the time was spent on importing.
          isolate: false,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          globalSetup: 'tools/built-command.ts',
          include: integration,
          // Real Redis and Sentinel processes, with deadlines of seconds: more workers would need more than two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          globalSetup: 'tools/built-command.ts',
          include: timed,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'campaign',
          globalSetup: 'faults/test/model-searches.ts',
          include: campaign,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
