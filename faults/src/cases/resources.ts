import { shiftsBy } from '../faults/clocks.ts'
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
    madeFor: [],
    play: async (stage) => {
      await stage.during('full-disk', 4000, { role: 'replica' })
      await stage.pause(3000)
      await stage.during('full-disk', 4000, { role: 'primary' })
    },
  },
  {
    name: 'full-memory',
    summary: 'every Redis has reached maxmemory: logins are refused, logouts still work',
    promises: { ...SAFETY_ONLY, verifications: true, because: 'Logins are refused while memory is full.' },
    madeFor: [],
    play: (stage) => stage.during('full-memory', 6000),
  },
  {
    name: 'clock-of-the-primary',
    summary: 'the clock of the primary is wrong by 1 s, -1 s, 5 min and -40 min, one after the other',
    needs: 'clocks',
    promises: NO_FAILOVER,
    madeFor: [],
    play: async (stage) => {
      for (const ms of [1000, -1000, 300_000, -2_400_000]) {
        await stage.during('host-clock', 2500, { role: 'primary' }, shiftsBy(ms))
        await stage.pause(500)
      }
    },
  },
  {
    name: 'clock-of-a-sentinel',
    summary: 'the clock of a Sentinel is wrong by 40 min and then by -40 min; then the primary is killed',
    needs: 'clocks',
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      await stage.during('sentinel-clock', 2000, { role: 'replica' }, shiftsBy(2_400_000))
      await stage.during('sentinel-clock', 2000, { role: 'replica' }, shiftsBy(-2_400_000))
      await stage.during('kill-redis', 4000)
    },
  },
  {
    name: 'clock-of-an-application',
    summary:
      'the clock of an application host is wrong by 1 s, -1 s, 40 min and -40 min, one after the other',
    needs: 'clocks',
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait'],
    play: async (stage) => {
      for (const ms of [1000, -1000, 2_400_000, -2_400_000])
        await stage.during('app-clock', 2500, { app: 'app1' }, shiftsBy(ms))
    },
  },
]
