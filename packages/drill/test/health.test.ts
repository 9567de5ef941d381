import { setTimeout as sleep } from 'node:timers/promises'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runDrill } from '../src/drill.ts'
import type { DrillProgress } from '../src/options.ts'

let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
})

afterAll(() => dc.remove())

// INV-DRILL-2.
it.each([
  ['a Sentinel hangs', 'sentinel-3'],
  ['a Redis hangs', 'redis-3'],
])(
  'a drill waits with its load and its fault while %s',
  async (_, victim) => {
    await dc.untilHealthy()
    const phases = new Set<DrillProgress['phase']>()
    const leaving = new AbortController()
    await dc.control.signal(victim, 'SIGSTOP')
    try {
      const ended = runDrill({
        stateDir: dc.stateDir,
        accounts: { add: async () => {}, remove: async () => {} },
        onProgress: ({ phase }) => phases.add(phase),
        signal: leaving.signal,
      }).catch((error: unknown) => error)
      await eventually(async () => expect(phases).toContain('prepare'))
      await sleep(2500)
      expect([...phases]).toEqual(['prepare'])
      await dc.control.signal(victim, 'SIGCONT')
      await eventually(async () => expect(phases).toContain('log-in'), 20_000)
      leaving.abort()
      expect(await ended).toMatchObject({ name: 'DrillError' })
      expect(phases).not.toContain('fault')
    } finally {
      await dc.control.signal(victim, 'SIGCONT')
    }
  },
  60_000,
)
