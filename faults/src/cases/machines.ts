import { FAST } from '../data-centre/config.ts'
import { begin } from '../faults/inject.ts'
import { freezeAppUnknowing } from '../faults/machines.ts'
import { TORN } from '../faults/power.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase, Stage } from './case.ts'

/** Machines that are paused together with their clocks, and machines that lose power. */

const ROUNDS = 2
const PAUSED_MS = 6000

/** Repeats the pause. Meanwhile users of the other servers end sessions that the paused server knows. */
async function again(stage: Stage, pause: () => Promise<void>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await pause()
    await stage.pause(3000)
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
    madeFor: ['plain-wait'],
    play: (stage) => again(stage, () => stage.during('freeze-app', PAUSED_MS)),
  },
  {
    name: 'suspended-application',
    summary: 'the machine of an application host is suspended for 6 s, twice; only its monotonic clock stops',
    needs: 'clocks',
    workload: BUSY,
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait'],
    play: (stage) => again(stage, () => stage.during('suspend-app', PAUSED_MS)),
  },
  {
    name: 'frozen-application-unknowing',
    summary: 'as frozen-application, but the wall clock is corrected only 5 s after the machine resumes',
    needs: 'clocks',
    workload: BUSY,
    promises: {
      ...SAFETY_ONLY,
      because: 'A process cannot detect a pause that none of its clocks shows.',
    },
    madeFor: ['plain-wait'],
    mustLose: true,
    play: (stage) =>
      again(stage, async () => {
        const frozen = await begin(stage.site, 'freeze-app-unknowing', () =>
          freezeAppUnknowing(stage.site, 'app1'),
        )
        await stage.pause(PAUSED_MS)
        await frozen.end()
      }),
  },
  {
    name: 'frozen-primary',
    summary: "the virtual machine of the primary's host is paused for 8 s, including all its clocks",
    needs: 'clocks',
    longWarmUp: true,
    promises: ALL_PROMISES,
    madeFor: ['connect-redis'],
    play: async (stage) => {
      await stage.during('freeze-host', 8000)
      await stage.pause(3000)
    },
  },
  {
    name: 'power-loss',
    summary:
      "the primary's machine loses power and reboots within down-after; its append-only file lacks the last second",
    timings: REFERENCE,
    needs: 'guards',
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait', 'connect-redis'],
    play: async (stage) => {
      for (let round = 0; round < 2; round++) {
        await stage.during('power-loss', 500)
        await stage.pause(4000)
        await stage.site.dataCentre.makeWhole()
      }
    },
  },
  {
    name: 'power-loss-and-applications',
    summary: 'as power-loss, but every application is killed too, so no journal holds the lost writes',
    timings: REFERENCE,
    needs: 'guards',
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait', 'connect-redis'],
    play: async (stage) => {
      const power = await stage.inject('power-loss')
      const dead = await Promise.all(
        (['app1', 'app2', 'app3'] as const).map((app) => stage.inject('kill-app', { app })),
      )
      await stage.pause(500)
      await power.end()
      await Promise.all(dead.map((application) => application.end()))
      await stage.pause(6000)
    },
  },
  {
    name: 'torn-transaction',
    summary:
      "the primary's machine loses power while Redis writes a transaction to its file; it reboots, and 20 s later its Redis is killed and restarted",
    timings: REFERENCE,
    needs: 'guards',
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait', 'connect-redis'],
    play: async (stage) => {
      await stage.during('power-loss', 500, {}, TORN)
      // Longer than applications keep the writes that they have received from each other.
      await stage.pause(20_000)
      await stage.during('kill-redis', 300)
      await stage.pause(6000)
    },
  },
]
