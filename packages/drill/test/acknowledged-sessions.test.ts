import { expect, it } from 'vitest'
import { AcknowledgedSessions, LEASE_MS } from '../src/acknowledged-sessions.ts'

const addSessions = (sessions: AcknowledgedSessions, count: number) => {
  for (let index = 0; index < count; index++) {
    sessions.add({ id: `id-${index}`, user: `user-${index}`, token: `token-${index}` })
  }
}

it('verifications take live sessions in turn', () => {
  const sessions = new AcknowledgedSessions()
  expect(sessions.next()).toBeNull()
  addSessions(sessions, 3)
  const seen = new Set([sessions.next()?.id, sessions.next()?.id, sessions.next()?.id])
  expect(seen).toEqual(new Set(['id-0', 'id-1', 'id-2']))
})

it('a session counts neither as live nor as ended while its logout is not acknowledged', () => {
  const sessions = new AcknowledgedSessions()
  addSessions(sessions, 2)
  const session = sessions.takeForLogout()
  expect(session?.state).toBe('asked')
  expect(sessions.live.map(({ id }) => id)).toEqual(['id-0'])
  expect(sessions.ended).toEqual([])
  expect(sessions.next()?.id).toBe('id-0')
})

it('an ended session must be rejected only after the lease', () => {
  const sessions = new AcknowledgedSessions()
  addSessions(sessions, 1)
  const session = sessions.takeForLogout()
  if (session === null) throw new Error('no session')
  sessions.acknowledgeLogout(session, 5000)
  expect(sessions.nextEnded(5000 + LEASE_MS)).toBeNull()
  expect(sessions.nextEnded(5001 + LEASE_MS)).toBe(session)
})

it('a live session that was rejected still counts as live, and its user is counted once', () => {
  const sessions = new AcknowledgedSessions()
  addSessions(sessions, 2)
  const session = sessions.next()
  if (session === null) throw new Error('no session')
  sessions.noteLoggedOut(session)
  sessions.noteLoggedOut(session)
  expect(sessions.loggedOutIds).toEqual([session.id])
  expect(sessions.live).toHaveLength(2)
  expect(sessions.next()).not.toBe(session)
})
