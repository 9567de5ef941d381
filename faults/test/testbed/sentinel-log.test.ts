import { expect, it } from 'vitest'
import { readSentinelEvents } from '../../src/testbed/sentinel-log.ts'

it('readSentinelEvents returns the events of a failover with times on the clock of the history', () => {
  const log = `54:X 24 Nov 2026 18:02:21.500 # +sdown master mymaster 10.77.0.11 6379
54:X 24 Nov 2026 18:02:23.238 * Sentinel new configuration saved on disk
54:X 24 Nov 2026 18:02:23.215 # +switch-master mymaster 10.77.0.11 6379 10.77.0.13 6379
half a li`
  const wallClockMs = Date.parse('24 Nov 2026 18:02:20.000')
  expect(readSentinelEvents('sb', log, wallClockMs)).toEqual([
    { atMs: 1500, what: 'sb: +sdown master mymaster 10.77.0.11 6379' },
    { atMs: 3215, what: 'sb: +switch-master mymaster 10.77.0.11 6379 10.77.0.13 6379' },
  ])
})
