import { describe, expect, it } from 'vitest'
import { checkHistory } from '../../src/checker/check.ts'
import type { FinalReading } from '../../src/checker/final-state.ts'
import type { RuleName } from '../../src/checker/violation.ts'
import { HandWritten, OPTIONS } from './history.ts'

const history = () => new HandWritten()

function rules(written: HandWritten, readings: FinalReading[] = [], options = {}): RuleName[] {
  const { violations } = checkHistory(written.sorted(), readings, { ...OPTIONS, ...options })
  return violations.map(({ rule }) => rule)
}

describe('a right history', () => {
  const right: Record<string, HandWritten> = {
    'a token that is verified, revoked and then refused': history()
      .issue('t', 0, 10)
      .verify('t', 20, 21, 'active')
      .revoke('t', 30, 40)
      .verify('t', 50, 51, 'inactive', 'revoked'),
    'active within L of the revocation': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40)
      .verify('t', 1039, 1041, 'active'),
    'active that was asked before L had passed and answered after it': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40)
      .verify('t', 1030, 9000, 'active'),
    'inactive while the issue is under way': history()
      .verify('t', 5, 6, 'inactive', 'unknown')
      .issue('t', 0, 10),
    'inactive while a revocation is under way': history()
      .issue('t', 0, 10)
      .verify('t', 31, 32, 'inactive', 'revoked')
      .revoke('t', 30, 40),
    'inactive ever after a revocation whose outcome is unknown': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40, 'info')
      .verify('t', 9000, 9001, 'inactive', 'revoked'),
    'active ever after a revocation whose outcome is unknown': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40, 'info')
      .verify('t', 9000, 9001, 'active'),
    'inactive after a revocation whose end nobody wrote down': history()
      .issue('t', 0, 10)
      .unfinished({ operation: 'revoke', token: 't' }, 30)
      .verify('t', 9000, 9001, 'inactive', 'revoked'),
    'unavailable, whenever': history().issue('t', 0, 10).verify('t', 20, 1020, 'unavailable'),
    'expired after its idle lifetime': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .verify('t', 101, 102, 'inactive', 'expired'),
    'active past its first end, when a touch may have renewed it': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .call({ operation: 'touch', token: 't', idleMs: 100 }, 90, 95, 'info')
      .verify('t', 180, 181, 'active'),
    'active past its first end, when a touch renewed it and was acknowledged after its next end': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .call({ operation: 'touch', token: 't', idleMs: 100 }, 90, 300, 'ok', {
        says: 'inactive',
        reason: 'expired',
      })
      .verify('t', 150, 151, 'active'),
    'active past its first end, when a touch renewed it and was acknowledged after its log-out': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .call({ operation: 'touch', token: 't', idleMs: 100 }, 90, 300, 'ok', {
        says: 'inactive',
        reason: 'revoked',
      })
      .verify('t', 150, 151, 'active')
      .revoke('t', 160, 200),
    'inactive past its first end, when a touch may have renewed it and may not': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .call({ operation: 'touch', token: 't', idleMs: 100 }, 90, 95, 'info')
      .verify('t', 120, 121, 'inactive', 'expired'),
    'a session that revoke-subject left alone': history()
      .issue('t', 0, 10)
      .call({ operation: 'revoke-subject', subject: 'ann', exceptToken: 't' }, 20, 30, 'ok')
      .verify('t', 9000, 9001, 'active'),
    'a session that was issued after revoke-subject': history()
      .call({ operation: 'revoke-subject', subject: 'ann' }, 0, 10, 'ok')
      .issue('t', 20, 30)
      .verify('t', 9000, 9001, 'active'),
    'a session that was issued during revoke-subject, either way': history()
      .call({ operation: 'revoke-subject', subject: 'ann' }, 0, 10, 'ok')
      .issue('t', 5, 30)
      .issue('u', 5, 30)
      .verify('t', 9000, 9001, 'active')
      .verify('u', 9000, 9001, 'inactive', 'revoked'),
    'a rotated token that is refused, and its successor that is not': history()
      .issue('t', 0, 10)
      .call({ operation: 'rotate', token: 't', subject: 'ann' }, 20, 30, 'ok', { says: 'active', token: 'u' })
      .verify('t', 2000, 2001, 'inactive', 'revoked')
      .verify('u', 2000, 2001, 'active'),
    'a rotated token that is refused before "end all sessions" made its rotation fail': history()
      .issue('t', 0, 10)
      .call({ operation: 'rotate', token: 't', subject: 'ann' }, 20, 3000, 'ok', {
        says: 'inactive',
        reason: 'revoked',
      })
      .verify('t', 1500, 1501, 'inactive', 'revoked')
      .call({ operation: 'revoke-subject', subject: 'ann' }, 2000, 2100, 'ok', { ended: [] }),
    'a revocation that failed, and the session goes on': history()
      .issue('t', 0, 10)
      .revoke('t', 20, 30, 'fail')
      .verify('t', 9000, 9001, 'active'),
    'a second log-out that finds none': history()
      .issue('t', 0, 10)
      .revoke('t', 20, 30)
      .call({ operation: 'revoke', token: 't' }, 40, 50, 'ok', { says: 'inactive', reason: 'unknown' }),
  }
  it.each(Object.keys(right))('passes: %s', (name) => {
    const written = right[name]
    expect(written && rules(written)).toEqual([])
  })
})

describe('S1: a lost login is found', () => {
  const lost: Record<string, HandWritten> = {
    'when a token is called unknown after its issue was acknowledged': history()
      .issue('t', 0, 10)
      .verify('t', 20, 21, 'inactive', 'unknown'),
    'when it is called revoked and nobody revoked it': history()
      .issue('t', 0, 10)
      .verify('t', 20, 21, 'inactive', 'revoked'),
    'when a revocation comes only later': history()
      .issue('t', 0, 10)
      .verify('t', 20, 21, 'inactive', 'revoked')
      .revoke('t', 22, 30),
    'when the revocation provably did not run': history()
      .issue('t', 0, 10)
      .revoke('t', 12, 15, 'fail')
      .verify('t', 20, 21, 'inactive', 'revoked'),
    'when a touch finds nothing to touch': history()
      .issue('t', 0, 10)
      .call({ operation: 'touch', token: 't' }, 20, 21, 'ok', { says: 'inactive', reason: 'unknown' }),
    'when a log-out finds nothing to log out': history()
      .issue('t', 0, 10)
      .call({ operation: 'revoke', token: 't' }, 20, 21, 'ok', { says: 'inactive', reason: 'unknown' }),
    'when a rotated session is lost': history()
      .issue('t', 0, 10)
      .call({ operation: 'rotate', token: 't', subject: 'ann' }, 20, 30, 'ok', { says: 'active', token: 'u' })
      .verify('u', 2000, 2001, 'inactive', 'unknown'),
    'when it is called expired before its end': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .verify('t', 50, 51, 'inactive', 'expired'),
    'when an acknowledged touch is lost': history()
      .issue('t', 0, 10, { idleMs: 100 })
      .call({ operation: 'touch', token: 't', idleMs: 100 }, 90, 95, 'ok', { says: 'active' })
      .verify('t', 150, 151, 'inactive', 'expired'),
    'when it is refused, and a rotation of it too, although nobody ended all sessions meanwhile': history()
      .issue('t', 0, 10)
      .call({ operation: 'rotate', token: 't', subject: 'ann' }, 20, 3000, 'ok', {
        says: 'inactive',
        reason: 'revoked',
      })
      .verify('t', 1500, 1501, 'inactive', 'revoked')
      .call({ operation: 'revoke-subject', subject: 'ann' }, 3100, 3200, 'ok', { ended: [] }),
    'when revoke-subject left it alone': history()
      .issue('t', 0, 10)
      .call({ operation: 'revoke-subject', subject: 'ann', exceptToken: 't' }, 20, 30, 'ok')
      .verify('t', 50, 51, 'inactive', 'revoked'),
    'when revoke-subject was about somebody else': history()
      .issue('t', 0, 10)
      .call({ operation: 'revoke-subject', subject: 'bob' }, 20, 30, 'ok')
      .verify('t', 50, 51, 'inactive', 'revoked'),
  }
  it.each(Object.keys(lost))('%s', (name) => {
    const written = lost[name]
    expect(written && rules(written)).toContain('S1-lost-login')
  })

  it('but not if the clocks may differ by as much', () => {
    const written = history().issue('t', 0, 10, { idleMs: 100 }).verify('t', 50, 51, 'inactive', 'expired')
    expect(rules(written, [], { clockErrorMs: 60 })).toEqual([])
  })
})

describe('S2: an undone revocation is found', () => {
  const undone: Record<string, HandWritten> = {
    'when active is answered later than L after a log-out': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40)
      .verify('t', 1041, 1042, 'active'),
    'when active is answered later than L after revoke-subject': history()
      .issue('t', 0, 10)
      .call({ operation: 'revoke-subject', subject: 'ann' }, 20, 30, 'ok')
      .verify('t', 1031, 1032, 'active'),
    'when a rotated token goes on': history()
      .issue('t', 0, 10)
      .call({ operation: 'rotate', token: 't', subject: 'ann' }, 20, 30, 'ok', { says: 'active', token: 'u' })
      .verify('t', 1031, 1032, 'active'),
    'when a touch renews it': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40)
      .call({ operation: 'touch', token: 't' }, 1041, 1050, 'ok', { says: 'active' }),
    'whatever a second revocation did': history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40)
      .revoke('t', 50, 60, 'info')
      .verify('t', 1041, 1042, 'active'),
  }
  it.each(Object.keys(undone))('%s', (name) => {
    const written = undone[name]
    expect(written && rules(written)).toContain('S2-undone-revocation')
  })

  it('when a token that was once called revoked is active again, acknowledged or not', () => {
    const written = history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40, 'info')
      .verify('t', 50, 51, 'inactive', 'revoked')
      .verify('t', 1052, 1053, 'active')
    expect(rules(written)).toEqual(['S2-active-again'])
  })

  it('with the largest delay, also when that is within L', () => {
    const written = history()
      .issue('t', 0, 10)
      .revoke('t', 30, 40)
      .verify('t', 340, 341, 'active')
      .verify('t', 440, 441, 'inactive', 'revoked')
    expect(checkHistory(written.sorted(), [], OPTIONS).longestStalenessMs).toBe(300)
  })
})

describe('S3: a guess is found', () => {
  const guessed: Record<string, [RuleName, HandWritten]> = {
    'active for a token that nobody issued': ['S3-never-issued', history().verify('t', 0, 1, 'active')],
    'active before the issue began': [
      'S3-never-issued',
      history().verify('t', 0, 1, 'active').issue('t', 5, 10),
    ],
    'active as the session of somebody else': [
      'S3-never-issued',
      history()
        .issue('t', 0, 10)
        .call({ operation: 'verify', token: 't' }, 20, 21, 'ok', { says: 'active', subject: 'bob' }),
    ],
    'active past every end': [
      'S3-outlived',
      history().issue('t', 0, 10, { idleMs: 100 }).verify('t', 111, 112, 'active'),
    ],
    'active past the end to which a touch renewed it': [
      'S3-outlived',
      history()
        .issue('t', 0, 10, { idleMs: 100 })
        .call({ operation: 'touch', token: 't', idleMs: 100 }, 90, 95, 'ok', { says: 'active' })
        .verify('t', 196, 197, 'active'),
    ],
  }
  it.each(Object.keys(guessed))('%s', (name) => {
    const [rule, written] = guessed[name] ?? []
    expect(written && rules(written)).toContain(rule)
  })
})

describe('after healing', () => {
  const live = { a: 'live 1', b: 'live 1', c: 'live 1' }
  const gone = { a: 'absent', b: 'absent', c: 'absent' }
  const ended = { a: 'revoked', b: 'revoked', c: 'revoked' }
  const reading = (nodes: Record<string, string>, api: FinalReading['api']): FinalReading[] => [
    { token: 't', atMs: 5000, nodes, api, reason: '' },
  ]
  const issued = () => history().issue('t', 0, 10)

  it('all is well when nodes, API and history agree', () => {
    expect(rules(issued(), reading(live, 'active'))).toEqual([])
    expect(rules(issued().revoke('t', 20, 30), reading(ended, 'inactive'))).toEqual([])
    expect(rules(issued().revoke('t', 20, 30, 'info'), reading(live, 'active'))).toEqual([])
    expect(rules(issued().revoke('t', 20, 30, 'info'), reading(ended, 'inactive'))).toEqual([])
    const short = history().issue('t', 0, 10, { idleMs: 100 })
    expect(rules(short, reading(gone, 'inactive'))).toEqual([])
  })

  it.each([
    ['one node differs', issued(), { ...live, c: 'absent' }, 'active'],
    ['two live records differ', issued(), { ...live, c: 'live 2' }, 'active'],
    ['the login is on no node', issued(), gone, 'inactive'],
    ['the API refuses what all nodes hold', issued(), live, 'inactive'],
    ['the API cannot tell', issued(), live, 'unavailable'],
    ['the revoked session is live', issued().revoke('t', 20, 30), live, 'active'],
    [
      'the nodes hold live what was revoked, and the API only remembers',
      issued().revoke('t', 20, 30),
      live,
      'inactive',
    ],
    ['the API accepts what was revoked', issued().revoke('t', 20, 30), ended, 'active'],
  ] as const)('the check finds that %s', (_, written, nodes, api) => {
    expect(rules(written, reading(nodes, api))).toEqual(['final-disagreement'])
  })
})
