import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** Links that are cut, cut in one direction, slow or lossy. */
export const CUTS: readonly FaultCase[] = [
  {
    name: 'minority',
    summary: 'the primary and one application are cut off from the rest, where log-outs go on',
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait'],
    play: async (stage) => {
      await stage.during('minority', 8000, { app: 'app1' })
      await stage.pause(2000)
    },
  },
  {
    name: 'application-without-primary',
    summary: 'an application reaches everybody but the primary',
    promises: SAFETY_ONLY,
    madeFor: [],
    play: (stage) => stage.during('cut-app-from-primary', 6000, { app: 'app2' }),
  },
  {
    name: 'replica-link',
    summary: 'the link between the primary and one replica is cut, then half cut, longer than repl-timeout',
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      await stage.during('cut-link', 3000, { role: 'replica' })
      await stage.during('half-cut-link', 12_000, { role: 'other-replica' })
    },
  },
  {
    name: 'slow-and-lossy',
    summary: 'a replica behind a slow link, and then a primary that loses a third of its packets',
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      await stage.during('slow-host', 5000, { role: 'replica' }, 0)
      await stage.during('lossy-host', 6000, { role: 'primary' }, 0.5)
    },
  },
]
