import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import type { Snapshot } from '../../src/doctor/snapshot.ts'
import { unexaminedIn } from '../../src/doctor/unexamined.ts'
import { healthySnapshot, sentinelFacts as sentinel } from '../support/healthy-snapshot.ts'

// INV-OPERATIONS-21.
describe('a check is reported as not examined', () => {
  const unexamined = (change: (snapshot: Snapshot) => void) => {
    const snapshot = healthySnapshot()
    change(snapshot)
    return new Map(unexaminedIn(snapshot, CHECKS).map(({ check, because }) => [check, because]))
  }

  it('never with a complete snapshot', () => {
    expect(unexamined(() => {}).size).toBe(0)
  })

  it('if it needs a Redis that does not answer', () => {
    const found = unexamined((snapshot) => {
      snapshot.redis = snapshot.redis.map((one, index) =>
        index === 1 ? { ...one, facts: null, problem: 'No answer.' } : one,
      )
    })
    expect(found.get('eviction-policy')).toEqual(['redis-2: No answer.'])
    expect(found.get('default-user-on')).toEqual(['redis-2: No answer.'])
    expect(found.has('tilt')).toBe(false)
    expect(found.has('node-down')).toBe(false)
  })

  it('if it needs a certificate that was not presented, or a supervisor that is gone', () => {
    const found = unexamined((snapshot) => {
      snapshot.certificatesUnseen = ['redis-3']
      snapshot.supervisor = 'gone'
    })
    expect([...found.keys()]).toEqual([
      'process-restarting',
      'process-held',
      'certificate-ended',
      'certificate-ends-soon',
    ])
  })

  it('if it needs a login that was not answered in time', () => {
    const change = (snapshot: Snapshot) => {
      sentinel(snapshot, 1).acl.unanswered = ['app']
    }
    expect([...unexamined(change)]).toEqual([
      ['wrong-password', ['sentinel-2 did not answer the login of app in time.']],
    ])
  })

  it('without findings, if it compares addresses and the processes know each other by host names', () => {
    const byName = (snapshot: Snapshot) => {
      for (const index of [0, 1, 2]) sentinel(snapshot, index).primary = 'red1.example:6379'
    }
    const snapshot = healthySnapshot()
    byName(snapshot)
    expect(unexamined(byName).get('sentinels-disagree')).toEqual([
      'The processes know each other by host names (red1.example), but the plan uses addresses.',
    ])
    const found = new Set(findingsIn(snapshot, CHECKS).map(({ check }) => check))
    expect([...found]).toEqual(['names-mixed-with-addresses'])
  })
})
