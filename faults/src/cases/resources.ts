import { strengthForShift } from '../faults/clocks.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

const NO_FAILOVER = {
  ...ALL_PROMISES,
  logins: false,
  because: 'Sentinel fails over late or not at all, so logins wait.',
}

/** Full disks, full memory and wrong clocks. */
export const RESOURCES: readonly FaultCase[] = [
  {
    name: 'full-disks',
    summary: 'the disk of a replica is full; then the disk of the primary is full',
    needs: 'small-disks',
    promises: NO_FAILOVER,
    failingControls: [],
    run: async (context) => {
      await context.during('full-disk', 4000, { role: 'replica' })
      await context.pause(3000)
      await context.during('full-disk', 4000, { role: 'primary' })
    },
  },
  {
    name: 'full-memory',
    summary: 'every Redis has reached maxmemory: logins are refused, logouts still work',
    promises: { ...SAFETY_ONLY, verifications: true, because: 'Logins are refused while memory is full.' },
    failingControls: [],
    run: (context) => context.during('full-memory', 6000),
  },
  {
    name: 'full-memory-in-use',
    summary:
      'every Redis has reached maxmemory for 12 s while users touch sessions with an idle lifetime of 4 s',
    workload: {
      mix: { issue: 12, touch: 75, update: 0, rotate: 0, revoke: 9, 'revoke-subject': 2, list: 2 },
      shortLivedShare: 1,
      writesPerSecond: 24,
    },
    promises: { ...SAFETY_ONLY, verifications: true, because: 'Logins are refused while memory is full.' },
    failingControls: ['plain-wait'],
    run: async (context) => {
      await context.during('full-memory', 12_000)
      await context.pause(2000)
    },
  },
  {
    name: 'clock-of-the-primary',
    summary: 'the clock of the primary is wrong by 1 s, -1 s, 5 min and -40 min, one after the other',
    needs: 'clocks',
    promises: NO_FAILOVER,
    failingControls: [],
    run: async (context) => {
      for (const ms of [1000, -1000, 300_000, -2_400_000]) {
        await context.during('host-clock', 2500, { role: 'primary' }, strengthForShift(ms))
        await context.pause(500)
      }
    },
  },
  {
    name: 'clock-of-a-sentinel',
    summary: 'the clock of a Sentinel is wrong by 40 min and then by -40 min; then the primary is killed',
    needs: 'clocks',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      await context.during('sentinel-clock', 2000, { role: 'replica' }, strengthForShift(2_400_000))
      await context.during('sentinel-clock', 2000, { role: 'replica' }, strengthForShift(-2_400_000))
      await context.during('kill-redis', 4000)
    },
  },
  {
    name: 'clock-of-an-application',
    summary:
      'the clock of an application host is wrong by 1 s, -1 s, 40 min and -40 min, one after the other',
    needs: 'clocks',
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait'],
    run: async (context) => {
      for (const ms of [1000, -1000, 2_400_000, -2_400_000])
        await context.during('app-clock', 2500, { app: 'app1' }, strengthForShift(ms))
    },
  },
]
