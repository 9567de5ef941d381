import { describe, expect, it } from 'vitest'
import { checkHistory } from '../../src/checker/check.ts'
import type { FinalReading } from '../../src/checker/final-state.ts'
import type { Answer } from '../../src/history/events.ts'
import { HandWritten, OPTIONS } from './history.ts'

/** Rules about several sessions of one user, or several writes of one session. */

const history = () => new HandWritten()
const rules = (written: HandWritten, readings: FinalReading[] = []) =>
  checkHistory(written.sorted(), readings, OPTIONS).violations.map(({ rule }) => rule)

const list = (written: HandWritten, fromMs: number, listed: string[]) =>
  written.call({ operation: 'list', subject: 'ann' }, fromMs, fromMs + 5, 'ok', { listed })
const revokeAll = (written: HandWritten, fromMs: number, toMs: number, exceptToken?: string) =>
  written.call(
    { operation: 'revoke-subject', subject: 'ann', ...(exceptToken === undefined ? {} : { exceptToken }) },
    fromMs,
    toMs,
    'ok',
  )
const rotate = (written: HandWritten, from: string, to: string, fromMs: number, toMs: number) =>
  written.call({ operation: 'rotate', token: from, subject: 'ann' }, fromMs, toMs, 'ok', {
    state: 'active',
    token: to,
  })
const update = (written: HandWritten, fromMs: number, changes: number, type: 'ok' | 'info' = 'ok') =>
  written.call({ operation: 'update', token: 't' }, fromMs, fromMs + 5, type, { state: 'active', changes })
const seen = (written: HandWritten, fromMs: number, changes: number) => {
  const answer: Answer = { state: 'active', changes }
  return written.call({ operation: 'verify', token: 't' }, fromMs, fromMs + 1, 'ok', answer)
}

describe('a list of sessions', () => {
  it('passes when it contains every live session and no ended session', () => {
    const written = history().issue('t', 0, 10).issue('u', 0, 10).revoke('u', 20, 30)
    expect(rules(list(written, 1100, ['t']))).toEqual([])
  })

  it('may contain or lack a session whose login or logout is not acknowledged', () => {
    const written = history().issue('t', 0, 10).issue('u', 90, 120).revoke('t', 20, 30, 'info')
    expect(rules(list(list(written, 100, ['t', 'u']), 110, []))).toEqual([])
  })

  it('is a violation when it lacks an acknowledged session', () => {
    const written = history().issue('t', 0, 10).issue('u', 0, 10)
    expect(rules(list(written, 100, ['t']))).toEqual(['S1-lost-login'])
  })

  it('is a violation when it contains a session later than L after its acknowledged logout', () => {
    const written = history().issue('t', 0, 10).revoke('t', 20, 30)
    expect(rules(list(written, 1100, ['t']))).toEqual(['S2-undone-revocation'])
  })
})

describe('a logout of a session that is rotated', () => {
  it('may end the session that the rotation made when the two calls overlap', () => {
    const written = rotate(history().issue('t', 0, 10).revoke('t', 15, 50), 't', 'u', 20, 40)
    expect(rules(written.verify('u', 100, 101, 'inactive'))).toEqual([])
  })

  it('does not excuse the loss of a session that a later rotation made', () => {
    const written = rotate(history().issue('t', 0, 10).revoke('t', 15, 18), 't', 'u', 20, 40)
    expect(rules(written.verify('u', 100, 101, 'inactive'))).toContain('S1-lost-login')
  })
})

describe('"end all my sessions"', () => {
  it('does not have to end a session whose login began after it', () => {
    const written = revokeAll(history().issue('t', 0, 10), 20, 30).issue('u', 40, 50)
    expect(rules(written.verify('u', 2000, 2001, 'active'))).toEqual([])
  })

  it('is a violation when a session that was acknowledged before it is active later than L after it', () => {
    const written = revokeAll(history().issue('t', 0, 10), 20, 30)
    expect(rules(written.verify('t', 1100, 1101, 'active'))).toEqual(['S2-undone-revocation'])
  })

  it.each([
    ['during it', 25, 60],
    ['before it, and was acknowledged after it', 15, 60],
    ['after it', 40, 60],
  ])('is a violation when a rotation that began %s keeps a session alive', (_, fromMs, toMs) => {
    const written = rotate(revokeAll(history().issue('t', 0, 10), 20, 30), 't', 'u', fromMs, toMs)
    expect(rules(written.verify('u', 1100, 1101, 'active'))).toEqual(['S2-kept-by-rotation'])
  })

  it('is a violation when a rotation of a rotated session keeps it alive', () => {
    const once = rotate(revokeAll(history().issue('t', 0, 10), 20, 30), 't', 'u', 22, 26)
    expect(rules(rotate(once, 'u', 'v', 27, 60).verify('v', 1100, 1101, 'active'))).toEqual([
      'S2-kept-by-rotation',
    ])
  })

  it('passes when it also ends the session that a concurrent rotation made', () => {
    const written = rotate(revokeAll(history().issue('t', 0, 10), 20, 30), 't', 'u', 25, 60)
    expect(rules(written.verify('u', 70, 71, 'inactive', 'revoked'))).toEqual([])
  })

  it('keeps the excepted session and the sessions that are rotated from it', () => {
    const written = rotate(revokeAll(history().issue('t', 0, 10), 20, 30, 't'), 't', 'u', 40, 60)
    expect(rules(written.verify('u', 1100, 1101, 'active'))).toEqual([])
  })

  it('permits any outcome of a rotation when its own outcome is unknown', () => {
    const asked = { operation: 'revoke-subject' as const, subject: 'ann' }
    const written = rotate(history().issue('t', 0, 10).call(asked, 20, 30, 'info'), 't', 'u', 25, 60)
    expect(rules(written.verify('u', 1100, 1101, 'active'))).toEqual([])
  })
})

describe('an acknowledged update', () => {
  it('passes when answers to requests later than L after it count it', () => {
    const written = update(update(history().issue('t', 0, 10), 20, 1), 40, 2)
    expect(rules(seen(seen(written, 500, 1), 1100, 2))).toEqual([])
  })

  it('may be counted twice when a failover hid its outcome', () => {
    const written = update(update(history().issue('t', 0, 10), 20, 1), 40, 3)
    expect(rules(seen(written, 1100, 3))).toEqual([])
  })

  it('is a violation when it is not counted later than L after it', () => {
    const written = update(update(history().issue('t', 0, 10), 20, 1), 40, 2)
    expect(rules(seen(written, 1100, 1))).toEqual(['lost-update'])
  })

  it('is a violation when a later update does not count it', () => {
    const written = update(update(history().issue('t', 0, 10), 20, 1), 2000, 1)
    expect(rules(written)).toEqual(['lost-update'])
  })

  it('is a violation when a session that is rotated later does not count it', () => {
    const written = update(history().issue('t', 0, 10), 20, 1)
    const answer: Answer = { state: 'active', changes: 0 }
    rotate(written, 't', 'u', 1100, 1110).call({ operation: 'verify', token: 'u' }, 1200, 1201, 'ok', answer)
    expect(rules(written)).toEqual(['lost-update'])
  })

  it('may be lost when it was not acknowledged', () => {
    const written = update(update(history().issue('t', 0, 10), 20, 1), 40, 2, 'info')
    expect(rules(seen(written, 1100, 1))).toEqual([])
  })

  it('is a violation when it is lost after recovery', () => {
    const written = update(update(history().issue('t', 0, 10), 20, 1), 40, 2)
    const reading = { token: 't', atMs: 5000, nodes: { a: 'live 1' }, api: 'active' as const, reason: '' }
    expect(rules(written, [{ ...reading, changes: 1 }])).toEqual(['final-disagreement'])
    expect(rules(written, [{ ...reading, changes: 2 }])).toEqual([])
  })
})

describe('a touch', () => {
  const affected = (error: string) => {
    const written = history().issue('t', 0, 10)
    written.call({ operation: 'touch', token: 't' }, 20, 25, 'fail')
    return written.sorted().map((event) => (event.type === 'fail' ? { ...event, error } : event))
  }
  const rulesOf = (error: string) =>
    checkHistory(affected(error), [], OPTIONS).violations.map(({ rule }) => rule)

  it('is a violation when it is refused because memory is full', () => {
    expect(rulesOf('STORE_FULL')).toEqual(['S3-refused-touch'])
  })

  it('may be refused because the server is overloaded', () => {
    expect(rulesOf('STORE_OVERLOADED')).toEqual([])
  })
})
