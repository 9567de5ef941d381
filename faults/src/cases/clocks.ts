import { strengthForShift } from '../faults/clocks.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import { USUAL_MIX } from '../schedule/workload.ts'
import type { FaultCase } from './case.ts'

/** Wrong clocks. The sessions have the default idle lifetime of 30 minutes. */

const AHEAD = strengthForShift(2_400_000)
const FAR_AHEAD = strengthForShift(46_800_000)
const BEHIND = strengthForShift(-2_400_000)
/** Few users with many sessions each, who often list their sessions and end all of them. */
const LISTS = { mix: { ...USUAL_MIX, list: 20, 'revoke-subject': 8, revoke: 12 }, subjects: 15 }
const base = { needs: 'clocks', promises: SAFETY_ONLY } as const

export const CLOCKS: readonly FaultCase[] = [
  {
    ...base,
    name: 'clock-jump-of-the-primary',
    summary: "the clock of the primary's host is 40 min ahead for 15 s",
    failingControls: ['connect-redis'],
    run: async (context) => {
      await context.during('host-clock', 15_000, { role: 'primary' }, AHEAD)
      await context.pause(3000)
    },
  },
  {
    ...base,
    name: 'clock-of-the-next-primary',
    summary: "the clock of a replica's host is 40 min ahead, and that replica is promoted",
    longWarmUp: true,
    failingControls: ['connect-redis'],
    run: async (context) => {
      await context.testbed.dataCentre.prefer('b')
      const wrong = await context.inject('host-clock', { role: 'b' }, AHEAD)
      await context.pause(1500)
      await context.during('kill-redis', 8000, { role: 'a' })
      await context.pause(3000)
      await wrong.end()
      await context.pause(2000)
    },
  },
  {
    ...base,
    name: 'application-ahead',
    summary: 'the clock of an application host is 13 h ahead while users list and end all their sessions',
    workload: LISTS,
    failingControls: ['plain-wait'],
    run: async (context) => {
      await context.during('app-clock', 10_000, { app: 'app1' }, FAR_AHEAD)
      await context.pause(2000)
    },
  },
  {
    ...base,
    name: 'application-behind',
    summary: 'the clock of an application host is 40 min behind',
    workload: LISTS,
    failingControls: ['plain-wait'],
    run: async (context) => {
      await context.during('app-clock', 10_000, { app: 'app1' }, BEHIND)
      await context.pause(2000)
    },
  },
  {
    ...base,
    name: 'drifting-clocks',
    summary:
      "the clock of the primary's host gains 100 s per second for 25 s; then the clock of an application host does",
    workload: LISTS,
    failingControls: ['plain-wait'],
    run: async (context) => {
      await context.during('host-clock-drifts', 25_000, { role: 'primary' }, 0.5)
      await context.pause(2000)
      await context.during('app-clock-drifts', 25_000, { app: 'app1' }, 0.5)
      await context.pause(2000)
    },
  },
]
