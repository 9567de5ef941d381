import { readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { revokeSessions } from '../../src/sessions/revoke.ts'
import { listSessions, showSession } from '../../src/sessions/sessions.ts'

let dc: TestDataCentre
let store: TokenStore

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
  store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
  await store.ready({ timeoutMs: 30_000 })
}, 120_000)

afterAll(async () => {
  await store?.close()
  await dc.remove()
})

afterEach(() => revokeSessions({ stateDir: dc.stateDir, choice: { all: true }, reason: 'end of a test' }))

const all = () => ({ stateDir: dc.stateDir, max: 100 })

async function auditLines(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(dc.stateDir, 'audit.log'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

it('listSessions returns the live sessions of all users or of one, the newest first, up to a limit', async () => {
  const ada = await store.issue({ subject: 'ada', device: 'phone' })
  const gone = await store.issue({ subject: 'ada' })
  await store.revoke(gone.token)
  await store.issue({ subject: 'ada', idleMs: 1 })
  await new Promise((resolve) => setTimeout(resolve, 10))
  const bob = await store.issue({ subject: 'bob' })
  const { issuedAtMs, idleUntilMs, expiresAtMs } = ada
  const adas = { id: ada.id, subject: 'ada', device: 'phone', issuedAtMs, idleUntilMs, expiresAtMs }
  const listed = await listSessions(all())
  expect(listed).toMatchObject({ total: 2, unreadable: 0, sessions: [{ id: bob.id }, adas] })
  expect(JSON.stringify(listed)).not.toContain(ada.token)
  expect(await listSessions({ ...all(), subject: 'ada' })).toEqual({
    sessions: [adas],
    total: 1,
    unreadable: 0,
  })
  expect(await listSessions({ ...all(), max: 1 })).toMatchObject({ sessions: [{ id: bob.id }], total: 2 })
})

it('showSession finds a session by its public id, also after its end', async () => {
  const { token, id } = await store.issue({ subject: 'ada' })
  const { stateDir } = dc
  expect(await showSession({ stateDir, id })).toMatchObject({ state: 'live', id, subject: 'ada' })
  await store.revoke(token)
  expect(await showSession({ stateDir, id })).toMatchObject({ state: 'revoked', id })
  await expect(showSession({ stateDir, id: '0123456789abcdef' })).rejects.toMatchObject({
    code: 'NO_SUCH_SESSION',
  })
})

it('revokeSessions ends one session, and writes a line in an audit log that only its owner can read', async () => {
  const { token, id } = await store.issue({ subject: 'ada' })
  const other = await store.issue({ subject: 'ada' })
  const { stateDir } = dc
  const end = () => revokeSessions({ stateDir, choice: { id }, reason: 'lost phone' })
  expect(await end()).toEqual({ ended: 1 })
  expect(await end()).toEqual({ ended: 0 })
  expect(await store.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  expect(await store.verify(other.token)).toMatchObject({ status: 'active' })
  const lines = (await auditLines()).filter(({ session }) => session === id)
  expect(lines).toEqual([
    {
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'session-revoked',
      session: id,
      subject: 'ada',
      by: userInfo().username,
      reason: 'lost phone',
      outcome: 'ended',
    },
  ])
  expect((await stat(join(stateDir, 'audit.log'))).mode & 0o777).toBe(0o600)
  const nobody = revokeSessions({ stateDir, choice: { id: 'ffffffffffffffff' }, reason: '' })
  await expect(nobody).rejects.toMatchObject({ code: 'NO_SUCH_SESSION' })
})

it('revokeSessions ends all sessions of a subject, or of all subjects', async () => {
  const { stateDir } = dc
  const adas = await Promise.all(Array.from({ length: 5 }, () => store.issue({ subject: 'ada' })))
  const others = await Promise.all(
    Array.from({ length: 700 }, (_, place) => store.issue({ subject: `user-${place}` })),
  )
  expect(await revokeSessions({ stateDir, choice: { subject: 'ada' }, reason: 'left' })).toEqual({ ended: 5 })
  expect((await listSessions(all())).total).toBe(700)
  expect(await revokeSessions({ stateDir, choice: { all: true }, reason: 'breach' })).toEqual({ ended: 700 })
  expect((await listSessions(all())).total).toBe(0)
  for (const { token } of [...adas, ...others]) {
    expect(await store.verify(token)).toMatchObject({ reason: 'revoked' })
  }
  const lines = await auditLines()
  expect(lines.filter(({ reason }) => reason === 'left').map(({ session }) => session)).toEqual(
    expect.arrayContaining(adas.map(({ id }) => id)),
  )
  expect(new Set(lines.filter(({ reason }) => reason === 'breach').map(({ session }) => session)).size).toBe(
    700,
  )
})

it('the operations on sessions are refused if no data centre is running', async () => {
  const nowhere = { ...all(), stateDir: '/nowhere' }
  await expect(listSessions(nowhere)).rejects.toMatchObject({ code: 'NOT_RUNNING' })
})
