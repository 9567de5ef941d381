import { until } from '../data-centre/until.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** Several faults at the same time, or one after the other. */
export const STORMS: readonly FaultCase[] = [
  {
    name: 'tilt-then-kill',
    summary: 'all Sentinels hang for 3 s and resume in TILT; then the primary is killed',
    promises: SAFETY_ONLY,
    madeFor: ['connect-redis'],
    play: async (stage) => {
      await stage.during('pause-all-sentinels', 3000)
      await stage.during('kill-redis', 6000)
    },
  },
  {
    name: 'two-failovers',
    summary: 'the primary is killed; 0.5 s after a replica has become primary, the new primary hangs',
    promises: SAFETY_ONLY,
    madeFor: ['connect-redis'],
    play: async (stage) => {
      const { dataCentre } = stage.site
      const dead = await stage.inject('kill-redis', { role: 'a' })
      await until('another is primary', async () => ![null, 'a'].includes(await dataCentre.primary()))
      await stage.pause(500)
      await dead.end()
      await stage.during('pause-redis', 4000, { role: 'primary' })
      await stage.pause(2000)
    },
  },
  {
    name: 'application-hangs',
    summary: 'an application host hangs while the primary is killed, and resumes with outdated caches',
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      const hung = await stage.inject('pause-app', { app: 'app1' })
      await stage.during('kill-redis', 4000)
      await hung.end()
      await stage.pause(2000)
    },
  },
  {
    name: 'stampede',
    summary: 'all client connections are closed repeatedly while the primary is killed',
    promises: SAFETY_ONLY,
    madeFor: ['connect-redis'],
    play: async (stage) => {
      const stampede = await stage.inject('stampede')
      await stage.pause(1500)
      const dead = await stage.inject('kill-redis')
      await stage.pause(2000)
      await stampede.end()
      await stage.pause(2500)
      await dead.end()
    },
  },
]
