import { MAX_RESEND_MS } from '../checker/keys/key-calls.ts'
import { viewOf } from '../data-centre/ask.ts'
import { until } from '../data-centre/until.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** What plain Redis clients meet, and login tokens do not: writes that must not be done twice. */
/** The checker excuses answers that came shortly before a proxy wrote again what the elected Redis lacked. */
const LATE_MS = MAX_RESEND_MS + 4000

export const PROXIES: readonly FaultCase[] = [
  {
    name: 'late-bytes',
    summary:
      'an application host is cut from the primary for 5 s, five times; its kernel sends what abandoned connections still hold when the cut ends',
    promises: SAFETY_ONLY,
    failingControls: ['proxy-without-guard'],
    run: async (context) => {
      for (let cut = 0; cut < 5; cut++) {
        await context.during('cut-app-from-primary', 5000, { app: 'app1' })
        await context.pause(2500)
      }
    },
  },
  {
    name: 'outvoted',
    summary:
      'as B with one application beside the old primary; when the cut ends, that application does not reach the new primary for a further 14 s',
    promises: SAFETY_ONLY,
    failingControls: ['proxy-without-barrier'],
    run: async (context) => {
      const outvoted = ['a', 'c', 'sa', 'app1'] as const
      const majority = ['b', 'sb', 'sc', 'app2', 'app3'] as const
      const cut = await context.cut({
        where: '{a, c, sa, app1} and {b, sb, sc, app2, app3}',
        from: outvoted,
        to: majority,
      })
      await until('b is primary', () => context.testbed.dataCentre.isPrimary('b'))
      await context.pause(1000)
      // The application could otherwise write to b what only a and c have, before a replica follows b and any client reads.
      await context.cut({ where: 'app1 and {b, sb, sc}', from: ['app1'], to: ['b', 'sb', 'sc'] })
      await cut.end()
      await until('a replica follows b', async () => ((await viewOf('b'))?.replicas.length ?? 0) > 0)
      await context.pause(LATE_MS)
    },
  },
  {
    name: 'killed-again',
    summary: 'the primary is killed; once the data centre is healthy again, the next primary is killed too',
    promises: ALL_PROMISES,
    failingControls: ['connect-redis', 'sentinel-client'],
    run: async (context) => {
      await context.during('kill-redis', 4000)
      await context.testbed.dataCentre.waitUntilHealthy()
      await context.during('kill-redis', 4000)
    },
  },
]
