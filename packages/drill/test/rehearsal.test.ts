import { ClusterError } from '@holdfast/site/errors'
import { describe, expect, it } from 'vitest'
import { DrillError, endsSeries } from '../src/errors.ts'
import { FAULTS, kindOf } from '../src/faults/catalogue.ts'
import { rotate } from '../src/faults/operations.ts'
import { DRILL_IDS, idOf, REHEARSED_IDS, rehearsalList } from '../src/rehearsal/list.ts'
import { chooseFaults, estimateMs } from '../src/rehearsal/rehearse.ts'
import { summarizeDrills } from '../src/rehearsal/repeat.ts'
import type { DrillReport } from '../src/report.ts'

const LIST = rehearsalList(1500)

describe('the list of a rehearsal', () => {
  it('has every kind of fault except rotations, which are final; each id once; no fault longer than its maximum', () => {
    expect(new Set([...LIST.map(({ fault }) => fault.action), 'rotate'])).toEqual(
      new Set(FAULTS.map(({ action }) => action)),
    )
    expect(new Set(LIST.map(({ id }) => id)).size).toBe(LIST.length)
    for (const timings of [1500, 10_000]) {
      for (const { fault, lastsMs = 0 } of rehearsalList(timings)) {
        expect(lastsMs).toBeLessThanOrEqual(kindOf(fault).maxMs)
      }
    }
  })

  it('is filtered by ids and keeps its order', () => {
    const ids = (...choice: Parameters<typeof chooseFaults>) => chooseFaults(...choice).map(({ id }) => id)
    const only = ['pause-sentinel', 'kill-primary']
    expect(ids(LIST, { only, except: undefined })).toEqual(['kill-primary', 'pause-sentinel'])
    expect(ids(LIST, { only, except: ['pause-sentinel'] })).toEqual(['kill-primary'])
    expect(ids(LIST, { only: undefined, except: ['kill-primary'] })).toHaveLength(LIST.length - 1)
  })

  it('rejects unknown ids, and a choice that leaves no fault', () => {
    expect(() => chooseFaults(LIST, { only: ['kill-primry'], except: undefined })).toThrow(
      '`only` names no fault "kill-primry". Did you mean kill-primary?',
    )
    expect(() => chooseFaults(LIST, { only: ['kill-primary'], except: ['kill-primary'] })).toThrow(
      'leave no fault',
    )
  })

  it('has no rotation, although a rotation has an id, too', () => {
    const ids = rotate.targets.map((target) => idOf({ action: 'rotate', target }))
    expect(DRILL_IDS).toEqual([...REHEARSED_IDS, ...ids])
  })

  it('gives a single fault the id without a duration', () => {
    expect(idOf({ action: 'pause', target: 'primary' })).toBe('pause-primary')
    expect(idOf({ action: 'empty', target: 'replica' })).toBe('empty-replica')
    expect(idOf({ action: 'busy', target: 'replica' })).toBe('busy-replica')
  })
})

it('an estimate grows with the fault, with the users, and by the TILT of a paused Sentinel', () => {
  const settings = { users: 50, warmUpMs: 2000, afterFaultMs: 5000 }
  const of = (id: string, change = {}) => {
    const [fault] = chooseFaults(LIST, { only: [id], except: undefined })
    return fault === undefined ? 0 : estimateMs(fault, { ...settings, ...change })
  }
  expect(of('kill-primary', { users: 250 }) - of('kill-primary')).toBe(5000)
  expect(of('pause-primary') - of('pause-primary-short')).toBeGreaterThan(4000)
  expect(of('pause-sentinel') - of('pause-replica')).toBeGreaterThan(30_000)
})

it('a summary of runs has the minimum, median and maximum of each figure', () => {
  const run = (ok: boolean, longestLoginMs: number, newPrimaryMs: number | null) =>
    ({
      ok,
      requests: 100,
      failedRequests: ok ? 0 : 2,
      loggedOut: 0,
      missingAcknowledged: 0,
      undoneLogouts: 0,
      verifications: { p99Ms: 5, p999Ms: 9 },
      longestVerifyMs: 10,
      longestLoginMs,
      ownDelayMs: 3,
      newPrimaryMs,
      acknowledgingMs: null,
      operationMs: longestLoginMs + 1000,
      durationMs: 20_000 + longestLoginMs,
      connections: ok ? { before: 40, ended: 1 } : null,
    }) as DrillReport
  const summary = summarizeDrills([run(true, 700, 200), run(false, 300, null), run(true, 500, 400)])
  expect(summary).toMatchObject({
    runs: 3,
    okRuns: 2,
    requests: 300,
    failedRequests: 2,
    longestLogin: { leastMs: 300, medianMs: 500, mostMs: 700 },
    newPrimary: { leastMs: 200, medianMs: 200, mostMs: 400 },
    acknowledging: null,
    operation: { leastMs: 1300, medianMs: 1500, mostMs: 1700 },
    duration: { leastMs: 20_300, medianMs: 20_500, mostMs: 20_700 },
    connections: { before: 80, ended: 2 },
  })
})

it('a drill that cannot run ends the series with a report, and an interrupted one ends it without', () => {
  expect(endsSeries(new ClusterError('NOT_SAFE', 'not now'))).toBe(true)
  expect(endsSeries(new DrillError('DRILL_ABORTED', 'interrupted'))).toBe(false)
  expect(endsSeries(new TypeError('a mistake'))).toBe(false)
})
