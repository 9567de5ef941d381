import { FAST } from '../data-centre/config.ts'
import { startFault } from '../faults/inject.ts'
import { freezeAppUndetected } from '../faults/machines.ts'
import { TORN } from '../faults/power.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { CaseContext, FaultCase } from './case.ts'

/** Machines that are paused together with their clocks, and machines that lose power. */

const ROUNDS = 2
const PAUSED_MS = 6000

/** Repeats the pause. Meanwhile users of the other servers end sessions that the paused server knows. */
async function repeatPause(context: CaseContext, pause: () => Promise<void>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await pause()
    await context.pause(3000)
  }
}

const BUSY = { verificationsPerSecond: 60 }

/** The `down-after` is longer than the boot of a machine, so Sentinel does not notice the boot. */
const REFERENCE = { ...FAST, downAfterMs: 10_000, failoverTimeoutMs: 30_000 }

export const MACHINES: readonly FaultCase[] = [
  {
    name: 'frozen-application',
    summary:
      'the virtual machine of an application host is paused for 6 s, twice; its wall clock is correct when it resumes',
    needs: 'clocks',
    workload: BUSY,
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait'],
    run: (context) => repeatPause(context, () => context.during('freeze-app', PAUSED_MS)),
  },
  {
    name: 'suspended-application',
    summary: 'the machine of an application host is suspended for 6 s, twice; only its monotonic clock stops',
    needs: 'clocks',
    workload: BUSY,
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait'],
    run: (context) => repeatPause(context, () => context.during('suspend-app', PAUSED_MS)),
  },
  {
    name: 'frozen-application-undetected',
    summary: 'as frozen-application, but the wall clock is corrected only 5 s after the machine resumes',
    needs: 'clocks',
    workload: BUSY,
    promises: {
      ...SAFETY_ONLY,
      because: 'A process cannot detect a pause that none of its clocks shows.',
    },
    failingControls: ['plain-wait'],
    expectViolation: true,
    run: (context) =>
      repeatPause(context, async () => {
        const frozen = await startFault(context.testbed, 'freeze-app-undetected', () =>
          freezeAppUndetected(context.testbed, 'app1'),
        )
        await context.pause(PAUSED_MS)
        await frozen.end()
      }),
  },
  {
    name: 'frozen-primary',
    summary: "the virtual machine of the primary's host is paused for 8 s, including all its clocks",
    needs: 'clocks',
    longWarmUp: true,
    promises: ALL_PROMISES,
    failingControls: ['connect-redis'],
    run: async (context) => {
      await context.during('freeze-host', 8000)
      await context.pause(3000)
    },
  },
  {
    name: 'power-loss',
    summary:
      "the primary's machine loses power and reboots within down-after; its append-only file lacks the last second",
    timings: REFERENCE,
    needs: 'guards',
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait', 'connect-redis'],
    run: async (context) => {
      for (let round = 0; round < 2; round++) {
        await context.during('power-loss', 500)
        await context.pause(4000)
        await context.testbed.dataCentre.recoverQuickly()
      }
    },
  },
  {
    name: 'power-loss-and-applications',
    summary: 'as power-loss, but every application is killed too, so no journal holds the lost writes',
    timings: REFERENCE,
    needs: 'guards',
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait', 'connect-redis'],
    run: async (context) => {
      const power = await context.inject('power-loss')
      const dead = await Promise.all(
        (['app1', 'app2', 'app3'] as const).map((app) => context.inject('kill-app', { app })),
      )
      await context.pause(500)
      await power.end()
      await Promise.all(dead.map((application) => application.end()))
      await context.pause(6000)
    },
  },
  {
    name: 'torn-transaction',
    summary:
      "the primary's machine loses power while Redis writes a transaction to its file; it reboots, and 20 s later its Redis is killed and restarted",
    timings: REFERENCE,
    needs: 'guards',
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait', 'connect-redis'],
    run: async (context) => {
      await context.during('power-loss', 500, {}, TORN)
      // Longer than applications keep the writes that they have received from each other.
      await context.pause(20_000)
      await context.during('kill-redis', 300)
      await context.pause(6000)
    },
  },
]
