import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openAudit } from '../../src/audit/audit.ts'
import { AuditFile } from '../../src/audit/file.ts'
import { verifyAudit } from '../../src/index.ts'
import { PASSWORD, startGateway, temporaryFolder } from '../support.ts'

/** Writes to this file fail as on a full disk (ENOSPC). */
const FULL = '/dev/full'

test('entries wait while the disk is full and are then all written, in one chain', async () => {
  const file = path.join(await temporaryFolder(), 'audit.jsonl')
  const troubles: unknown[] = []
  const audit = await openAudit({
    base: { server: 'gateway-1', dataCentre: 'dc1' },
    file,
    stream: { write() {} },
    onError: (error) => troubles.push(error),
  })
  const login = (session: string) =>
    audit.loggedIn({ subject: 'ada', session, method: 'password', remote: '192.0.2.1' })
  login('before')
  await expect.poll(() => audit.status().waiting).toBe(0)
  await rename(file, `${file}.1`)
  await symlink(FULL, file)
  for (let number = 0; number < 5; number++) login(`during-${number}`)
  await expect.poll(() => audit.status().troubled).toBe(true)
  expect(troubles).toContainEqual(expect.objectContaining({ code: 'ENOSPC' }))
  expect(audit.status()).toMatchObject({ waiting: 5, lost: 0 })
  await rm(file)
  await audit.close()
  expect(await verifyAudit([`${file}.1`, file])).toMatchObject({
    faults: [],
    chains: [{ first: 1, last: 6 }],
  })
})

test('entries dropped while the disk is full are counted in one `audit-gap` entry', async () => {
  const file = path.join(await temporaryFolder(), 'audit.jsonl')
  await symlink(FULL, file)
  const audit = new AuditFile({ file, own: (entry) => entry, onError() {}, maxWaiting: 3 })
  for (let number = 0; number < 10; number++) audit.write({ event: 'login', number })
  await expect.poll(() => audit.status.troubled).toBe(true)
  audit.write({ event: 'login', number: 10 })
  expect(audit.status.lost).toBe(8)
  await rm(file)
  await audit.close()
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const events = lines.map((line) => JSON.parse(line) as { event: string; number?: number; lost?: number })
  expect(events.filter(({ event }) => event === 'login').map(({ number }) => number)).toEqual([0, 1, 2])
  expect(
    events.filter(({ event }) => event === 'audit-gap').reduce((sum, { lost = 0 }) => sum + lost, 0),
  ).toBe(8)
  expect((await verifyAudit([file])).faults).toEqual([])
})

// INV-GATEWAY-22.
test('users log in and out with a full disk, and the health is degraded', async () => {
  const file = path.join(await temporaryFolder(), 'audit.jsonl')
  await writeFile(file, '')
  const gateway = await startGateway({ config: { audit: { file } } })
  await rm(file)
  await symlink(FULL, file)
  const login = await gateway.post('/login', { username: 'ada', password: PASSWORD })
  expect(login.status).toBe(200)
  const health = async () => ((await (await gateway.get('/healthz')).json()) as { status: string }).status
  await expect.poll(health).toBe('degraded')
  expect((await gateway.get('/readyz')).status).toBe(200)
  expect(gateway.log()).toContain('"code":"ENOSPC"')
  await rm(file)
  await expect.poll(health, { timeout: 8000 }).toBe('ok')
  expect(await readFile(file, 'utf8')).toContain('"event":"login"')
})
