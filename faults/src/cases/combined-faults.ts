import { until } from '../data-centre/until.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** Several faults at the same time, or one after the other. */
export const COMBINED_FAULTS: readonly FaultCase[] = [
  {
    name: 'tilt-then-kill',
    summary: 'all Sentinels hang for 3 s and resume in TILT; then the primary is killed',
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      await context.during('pause-all-sentinels', 3000)
      await context.during('kill-redis', 6000)
    },
  },
  {
    name: 'two-failovers',
    summary: 'the primary is killed; 0.5 s after a replica has become primary, the new primary hangs',
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      const { dataCentre } = context.testbed
      const dead = await context.inject('kill-redis', { role: 'a' })
      await until('another is primary', async () => ![null, 'a'].includes(await dataCentre.primary()))
      await context.pause(500)
      await dead.end()
      await context.during('pause-redis', 4000, { role: 'primary' })
      await context.pause(2000)
    },
  },
  {
    name: 'application-hangs',
    summary: 'an application host hangs while the primary is killed, and resumes with outdated caches',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      const hung = await context.inject('pause-app', { app: 'app1' })
      await context.during('kill-redis', 4000)
      await hung.end()
      await context.pause(2000)
    },
  },
  {
    name: 'stampede',
    summary: 'all client connections are closed repeatedly while the primary is killed',
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      const stampede = await context.inject('stampede')
      await context.pause(1500)
      const dead = await context.inject('kill-redis')
      await context.pause(2000)
      await stampede.end()
      await context.pause(2500)
      await dead.end()
    },
  },
]
