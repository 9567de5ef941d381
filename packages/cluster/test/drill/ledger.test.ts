import { expect, it } from 'vitest'
import { LEASE_MS, Ledger } from '../../src/drill/ledger.ts'

const sessions = (ledger: Ledger, count: number) => {
  for (let index = 0; index < count; index++) {
    ledger.add({ id: `id-${index}`, user: `user-${index}`, token: `token-${index}` })
  }
}

it('takes live sessions in turn', () => {
  const ledger = new Ledger()
  expect(ledger.next()).toBeNull()
  sessions(ledger, 3)
  const seen = new Set([ledger.next()?.id, ledger.next()?.id, ledger.next()?.id])
  expect(seen).toEqual(new Set(['id-0', 'id-1', 'id-2']))
})

it('holds a session neither for live nor for ended while its log-out is under way', () => {
  const ledger = new Ledger()
  sessions(ledger, 2)
  const session = ledger.takeForLogout()
  expect(session?.state).toBe('asked')
  expect(ledger.live.map(({ id }) => id)).toEqual(['id-0'])
  expect(ledger.ended).toEqual([])
  expect(ledger.next()?.id).toBe('id-0')
})

it('demands the refusal of an ended session only after the lease', () => {
  const ledger = new Ledger()
  sessions(ledger, 1)
  const session = ledger.takeForLogout()
  if (session === null) throw new Error('no session')
  ledger.acknowledgeLogout(session, 5000)
  expect(ledger.nextEnded(5000 + LEASE_MS)).toBeNull()
  expect(ledger.nextEnded(5001 + LEASE_MS)).toBe(session)
})

it('goes on holding a session for live that was refused, and counts its user once', () => {
  const ledger = new Ledger()
  sessions(ledger, 2)
  const session = ledger.next()
  if (session === null) throw new Error('no session')
  ledger.noteLoggedOut(session)
  ledger.noteLoggedOut(session)
  expect(ledger.loggedOutIds).toEqual([session.id])
  expect(ledger.live).toHaveLength(2)
  expect(ledger.next()).not.toBe(session)
})
