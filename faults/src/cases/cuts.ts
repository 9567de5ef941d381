import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** Links that are cut, cut in one direction, slow or lossy. */
export const CUTS: readonly FaultCase[] = [
  {
    name: 'minority',
    summary: 'the primary and one application host are isolated while users log out on the other hosts',
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait', 'proxy-without-lease'],
    run: async (context) => {
      await context.during('minority', 8000, { app: 'app1' })
      await context.pause(2000)
    },
  },
  {
    name: 'application-without-primary',
    summary: 'an application host can reach every host except the primary',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: (context) => context.during('cut-app-from-primary', 6000, { app: 'app2' }),
  },
  {
    name: 'replica-link',
    summary:
      'the link between the primary and one replica is cut in both directions, then in one direction for longer than repl-timeout',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      await context.during('cut-link', 3000, { role: 'replica' })
      await context.during('half-cut-link', 12_000, { role: 'other-replica' })
    },
  },
  {
    name: 'slow-and-lossy',
    summary: 'the link to a replica is slow; then the primary loses a third of its packets',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      await context.during('slow-host', 5000, { role: 'replica' }, 0)
      await context.during('lossy-host', 6000, { role: 'primary' }, 0.5)
    },
  },
]
