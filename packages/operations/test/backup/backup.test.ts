import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { leaseNetwork } from '@holdfast/testing/leases'
import { makeTempFolder, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { createRedisStore, type IssuedToken, type TokenStore, tokenKey } from '@holdfast/tokens'
import { createRecordStore } from '@holdfast/tokens/records'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backup } from '../../src/backup/backup.ts'
import { encrypt, makeEncrypter, unlock } from '../../src/backup/encryption.ts'
import { writeBackup } from '../../src/backup/format.ts'
import { restore } from '../../src/backup/restore.ts'

const NETWORK = await leaseNetwork()

const DYING = programFile(new URL('../programs/dying-restore.ts', import.meta.url))
const PASSPHRASE = 'correct horse battery staple'

let dc: TestDataCentre
let other: TestDataCentre
let store: TokenStore
let folder: string
let identity: string
let recipients: string[]
let number = 0

beforeAll(async () => {
  identity = await generateIdentity()
  recipients = [await identityToRecipient(identity)]
  folder = await makeTempFolder()
  dc = await TestDataCentre.create({ network: NETWORK })
  other = await TestDataCentre.create({
    name: 'dc2',
    hosts: [`${NETWORK}.51`, `${NETWORK}.52`, `${NETWORK}.53`],
    gateways: [`${NETWORK}.61`],
    balancer: `${NETWORK}.2`,
  })
  await dc.start()
  store = await openStore()
}, 120_000)

afterAll(async () => {
  await store?.close()
  await Promise.all([dc.remove(), other.remove()])
  await rm(folder, { recursive: true, force: true })
})

async function openStore(centre = dc): Promise<TokenStore> {
  const opened = createRedisStore(storeOptions(await openLocal(centre.stateDir)))
  await opened.ready({ timeoutMs: 30_000 })
  return opened
}

const newFile = () => join(folder, `${++number}.age`)
const key = () => ({ identities: [identity] })

async function makeBackup(): Promise<string> {
  const file = newFile()
  await backup({ stateDir: dc.stateDir, file, lock: { recipients } })
  return file
}

const restoreFrom = (file: string, centre = dc) => restore({ stateDir: centre.stateDir, file, key: key() })

const issueMany = (count: number, subject = (place: number) => `user-${place % 50}`) =>
  Promise.all(
    Array.from({ length: count }, (_, place) => store.issue({ subject: subject(place), claims: { place } })),
  )

/** What every one of these tokens is, asked of a store that remembers nothing. */
async function statesOf(tokens: readonly IssuedToken[]): Promise<string[]> {
  const fresh = await openStore()
  try {
    const answers = await Promise.all(tokens.map(({ token }) => fresh.verify(token, { timeoutMs: 10_000 })))
    return answers.map((answer) => (answer.status === 'inactive' ? answer.reason : answer.status))
  } finally {
    await fresh.close()
  }
}

const all = (state: string, count: number) => Array<string>(count).fill(state)

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )

/** All data of the data centre is lost; its secrets are kept. */
async function loseAllData(): Promise<void> {
  await store.close()
  await dc.stop()
  for (const name of await readdir(dc.stateDir)) {
    if (name === 'secrets.json' || name === 'topology.json') continue
    await rm(join(dc.stateDir, name), { recursive: true })
  }
  await dc.start()
  store = await openStore()
}

// INV-OPERATIONS-19.
it('a restore brings back lost sessions and no revoked one, while users log in and out', {
  timeout: 120_000,
}, async () => {
  const before = await issueMany(600)
  const loggedOutBefore = before.slice(0, 100)
  await Promise.all(loggedOutBefore.map(({ token }) => store.revoke(token)))
  let busy = true
  const during: IssuedToken[] = []
  const endedDuring: IssuedToken[] = []
  const leaving = before.slice(100, 200)
  const load = (async () => {
    while (busy) {
      during.push(...(await issueMany(5)))
      const one = leaving.shift()
      if (one === undefined) continue
      await store.revoke(one.token)
      endedDuring.push(one)
    }
  })()
  const file = newFile()
  const report = await backup({ stateDir: dc.stateDir, file, lock: { recipients } })
  busy = false
  await load
  expect(report).toMatchObject({ dataCentre: 'dc1', file, unreadable: 0 })
  expect(report.sessions).toBeGreaterThanOrEqual(400)
  expect(report.revoked).toBeGreaterThanOrEqual(100)
  expect((await stat(file)).mode & 0o777).toBe(0o600)

  const loggedOutAfter = before.slice(200, 400)
  await Promise.all(loggedOutAfter.map(({ token }) => store.revoke(token)))
  const live = [...before.slice(400), ...leaving, ...during]
  const ended = [...loggedOutBefore, ...endedDuring, ...loggedOutAfter]
  const first = await restoreFrom(file)
  expect(first.keptRevoked).toBeGreaterThanOrEqual(200)
  expect(first).toMatchObject({ restored: 0, logOuts: 0, expired: 0, unreadable: 0 })
  expect(await statesOf(live)).toEqual(all('active', live.length))
  expect(await statesOf(ended)).toEqual(all('revoked', ended.length))
  // A restore reads it as a second time as the first.
  const { tookMs: _, ...counts } = await restoreFrom(file)
  expect(first).toMatchObject(counts)
})

it('a restore brings all live sessions back into an empty data centre with the same secrets', {
  timeout: 180_000,
}, async () => {
  const live = await issueMany(300, (place) => `returner-${place % 10}`)
  const ended = live.splice(0, 100)
  await Promise.all(ended.map(({ token }) => store.revoke(token)))
  const file = await makeBackup()
  await loseAllData()
  expect(await statesOf(live)).toEqual(all('unknown', live.length))
  const report = await restoreFrom(file)
  expect(report.keptRevoked).toBe(0)
  expect(report.restored).toBeGreaterThanOrEqual(200)
  expect(report.logOuts).toBeGreaterThanOrEqual(100)
  expect(await statesOf(live)).toEqual(all('active', live.length))
  expect(await statesOf(ended)).toEqual(all('revoked', ended.length))
  // They are listed, so "end all my sessions" finds them.
  expect(await store.list('returner-9')).toHaveLength(20)
  expect((await store.revokeSubject('returner-9')).revokedIds).toHaveLength(20)
  expect((await restoreFrom(file)).keptRevoked).toBe(20)
  expect(await store.list('returner-9')).toEqual([])
})

it('a restore that was killed is complete after a second run', { timeout: 180_000 }, async () => {
  const live = await issueMany(500)
  const file = await makeBackup()
  await loseAllData()
  const child = spawn(process.execPath, [DYING, dc.stateDir, file, identity], { stdio: 'ignore' })
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
  const half = (await statesOf(live)).filter((state) => state === 'active').length
  expect(half).toBeGreaterThan(0)
  expect(half).toBeLessThan(live.length)
  const report = await restoreFrom(file)
  expect(report.alreadyThere).toBeGreaterThanOrEqual(half)
  expect(report.restored).toBeGreaterThanOrEqual(live.length - half)
  expect(await statesOf(live)).toEqual(all('active', live.length))
})

it('a restore does not bring back a revoked session after its tombstone was removed, because the session has expired', async () => {
  const lifetime = { idleMs: 10_000, absoluteMs: 10_000 }
  const short = await store.issue({ subject: 'ada', ...lifetime })
  const file = await makeBackup()
  await store.revoke(short.token)
  expect((await restoreFrom(file)).keptRevoked).toBeGreaterThanOrEqual(1)
  await sleep(short.expiresAtMs - Date.now())
  // Redis itself would forget it a minute later.
  const { host } = await dc.untilHealthy()
  expect(await dc.ask(host, ['DEL', tokenKey(short.token) ?? ''])).toEqual(['1'])
  expect((await restoreFrom(file)).expired).toBeGreaterThanOrEqual(1)
  expect(await dc.ask(host, ['EXISTS', tokenKey(short.token) ?? ''])).toEqual(['0'])
})

// INV-OPERATIONS-16.
it('a backup contains no tokens and no claims, even for a reader who can open it', async () => {
  const [session] = await issueMany(1, () => 'secretive-subject')
  const file = await makeBackup()
  const sealed = (await readFile(file)).toString('latin1')
  expect(sealed).toMatch(/^age-encryption\.org\/v1\n/)
  expect(sealed).not.toContain('hf:{')
  const open = await unlock(await readFile(file), key())
  let plain = ''
  for await (const chunk of open(bytesOf(await readFile(file)))) {
    plain += Buffer.from(chunk).toString('latin1')
  }
  const token = session?.token ?? ''
  expect(plain).toContain(tokenKey(token))
  expect(plain).not.toContain(token)
  expect(plain).not.toContain(token.slice(6, 40))
  expect(plain).not.toContain('secretive-subject')
})

async function* bytesOf(buffer: Buffer) {
  yield buffer
}

it('a forged backup for the recipient changes nothing, and one of format version 1 is restored only if that is asked for', async () => {
  const [one] = await issueMany(1)
  if (one === undefined) throw new Error('There is no session.')
  const secrets = await openLocal(dc.stateDir)
  const records = createRecordStore(storeOptions(secrets))
  const header = { dataCentre: 'dc1', keyring: records.keyringId, beganAt: new Date().toISOString() }
  await records.close()
  const dead = (endsAtMs: number) => ({
    key: tokenKey(one.token) ?? '',
    // A tombstone: see tokens/record/codec.ts.
    bytes: Buffer.from(`1R${endsAtMs.toString(36)}`),
  })
  async function forge(entry: ReturnType<typeof dead>, version: 1 | 2): Promise<string> {
    async function* lines() {
      async function* entries() {
        yield [entry]
      }
      for await (const part of writeBackup(header, entries(), createHmac('sha256', 'a guess'))) {
        const text = part.toString()
        yield Buffer.from(
          version === 2 ? text : text.replace('"version":2', '"version":1').replace(/,"mac":"[^"]*"/, ''),
        )
      }
    }
    const file = newFile()
    await writeFile(file, await encrypt(lines(), await makeEncrypter({ recipients })))
    return file
  }
  const soon = Date.now() + 3_600_000
  expect(await errorOf(restoreFrom(await forge(dead(soon), 2)))).toMatchObject({
    code: 'BACKUP_REFUSED',
    message: expect.stringContaining('its MAC is wrong'),
  })
  const old = await forge(dead(soon), 1)
  expect(await errorOf(restoreFrom(old))).toMatchObject({
    code: 'BACKUP_REFUSED',
    message: expect.stringContaining('--allow-unauthenticated'),
  })
  const allowed = { stateDir: dc.stateDir, key: key(), allowUnauthenticated: true }
  // A tombstone of 3,000 years is not merged.
  const endless = await forge(dead(Date.now() + 1e14), 1)
  expect(await restore({ ...allowed, file: endless })).toMatchObject({ unreadable: 1, logOuts: 0 })
  expect(await statesOf([one])).toEqual(['active'])
  expect(await restore({ ...allowed, file: old })).toMatchObject({ logOuts: 1 })
  expect(await statesOf([one])).toEqual(['revoked'])
}, 60_000)

it('a backup opens only with its own passphrase', { timeout: 120_000 }, async () => {
  const file = newFile()
  await backup({ stateDir: dc.stateDir, file, lock: { passphrase: PASSPHRASE } })
  const open = (passphrase: string) => restore({ stateDir: dc.stateDir, file, key: { passphrase } })
  expect(await errorOf(open(`${PASSPHRASE}.`))).toMatchObject({
    code: 'BACKUP_REFUSED',
    message: expect.stringMatching(
      /^The backup does not open with this passphrase or identity\. Use the one/,
    ),
  })
  expect(await errorOf(restoreFrom(file))).toMatchObject({ code: 'BACKUP_REFUSED' })
  expect(await open(PASSPHRASE)).toMatchObject({ restored: 0 })
})

describe('a restore changes nothing and refuses', () => {
  let file: string
  let session: IssuedToken

  beforeAll(async () => {
    const [issued] = await issueMany(1)
    if (issued === undefined) throw new Error('not issued')
    session = issued
    await issueMany(400)
    file = await makeBackup()
  })

  /** The session is taken out of Redis: a merge of anything of the backup would bring it back. */
  beforeEach(async () => {
    const { host } = await dc.untilHealthy()
    await dc.ask(host, ['DEL', tokenKey(session.token) ?? ''])
  })

  async function isRefused(changed: Buffer, message: RegExp): Promise<void> {
    const copy = newFile()
    await writeFile(copy, changed)
    expect(await errorOf(restoreFrom(copy))).toMatchObject({
      code: 'BACKUP_REFUSED',
      message: expect.stringMatching(message),
    })
    const { host } = await dc.untilHealthy()
    expect(await dc.ask(host, ['EXISTS', tokenKey(session.token) ?? ''])).toEqual(['0'])
  }

  it.each([
    ['in its beginning', () => 60, /its beginning has changed|does not open/],
    ['in its middle', (size: number) => Math.floor(size / 2), /damaged or incomplete: a part of it/],
    ['at its end', (size: number) => size - 1, /damaged or incomplete: a part of it/],
  ])('a backup with one flipped bit %s', async (_, place, message) => {
    const bytes = await readFile(file)
    const at = place(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await isRefused(bytes, message)
  })

  it.each([0, 1, 21, 100, 300, 10_000, -1, -100])('a backup cut off after %i bytes', async (end) => {
    await isRefused(
      (await readFile(file)).subarray(0, end),
      /is not a backup|damaged or incomplete|does not open/,
    )
  })

  it('a file that is not a backup', async () => {
    await isRefused(Buffer.from('hello\n'), /is not a backup of Holdfast: it is not an age file/)
    await isRefused(Buffer.alloc(1_000_000, 'x'), /is not a backup of Holdfast: it is not an age file/)
  })

  it('a missing file, and a backup refuses to overwrite one', async () => {
    expect(await errorOf(restoreFrom(newFile()))).toMatchObject({ code: 'FILE_UNUSABLE' })
    const again = errorOf(backup({ stateDir: dc.stateDir, file, lock: { recipients } }))
    expect(await again).toMatchObject({
      code: 'FILE_UNUSABLE',
      message: `${file} already exists. Choose another name, or move it away.`,
    })
  })

  it('a short passphrase, and an invalid recipient or identity, without printing it', async () => {
    const to = newFile()
    for (const lock of [{ passphrase: 'short' }, { recipients: [] }, { recipients: [identity] }]) {
      const error = await errorOf(backup({ stateDir: dc.stateDir, file: to, lock }))
      expect(error).toMatchObject({ code: 'INVALID_OPTION' })
      expect(String(error)).not.toMatch(/short"|AGE-SECRET-KEY-1[0-9A-Z]/)
    }
    const opened = errorOf(restore({ stateDir: dc.stateDir, file, key: { identities: ['age1x'] } }))
    expect(await opened).toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('a backup of another data centre, and of another key ring', { timeout: 120_000 }, async () => {
    await other.start()
    expect(await errorOf(restoreFrom(file, other))).toMatchObject({
      code: 'BACKUP_REFUSED',
      message: expect.stringContaining('The backup is of the data centre "dc1", but this is "dc2"'),
    })
    const otherFile = newFile()
    await backup({ stateDir: other.stateDir, file: otherFile, lock: { recipients } })
    // A data centre of the same name that was set up anew.
    const disguise = await makeTempFolder()
    const topology = (await readFile(join(other.stateDir, 'topology.json'), 'utf8')).replace('"dc2"', '"dc1"')
    await writeFile(join(disguise, 'topology.json'), topology)
    await copyFile(join(other.stateDir, 'secrets.json'), join(disguise, 'secrets.json'))
    expect(await errorOf(restore({ stateDir: disguise, file, key: key() }))).toMatchObject({
      code: 'BACKUP_REFUSED',
      message: expect.stringContaining('with another key ring'),
    })
    await rm(disguise, { recursive: true })
  })
})

it('an interrupted backup leaves no file', async () => {
  const leaving = new AbortController()
  const file = newFile()
  const call = backup({
    stateDir: dc.stateDir,
    file,
    lock: { recipients },
    onProgress: () => leaving.abort(),
    signal: leaving.signal,
  })
  expect(await errorOf(call)).toMatchObject({ code: 'BACKUP_ABORTED' })
  expect((await readdir(folder)).filter((name) => name.startsWith(`${number}.age`))).toEqual([])
  const from = await makeBackup()
  const stopping = new AbortController()
  const restoring = restore({
    stateDir: dc.stateDir,
    file: from,
    key: key(),
    onProgress: ({ step }) => step === 'merge' && stopping.abort(),
    signal: stopping.signal,
  })
  expect(await errorOf(restoring)).toMatchObject({ code: 'RESTORE_ABORTED' })
})

// The last one: whoever opens a store after a failover is not answered before others may have told the new primary all.
// INV-OPERATIONS-17.
it('a backup continues when the primary is killed meanwhile', { timeout: 120_000 }, async () => {
  const sessions = await issueMany(600)
  const file = await makeBackup()
  const ended = sessions.splice(0, 300)
  await Promise.all(ended.map(({ token }) => store.revoke(token)))
  const { name } = await dc.untilHealthy()
  let killed: Promise<unknown> | null = null
  await restore({
    stateDir: dc.stateDir,
    file,
    key: key(),
    onProgress: ({ step }) => {
      if (step === 'merge') killed ??= dc.control.signal(name, 'SIGKILL')
    },
  })
  await killed
  expect((await dc.untilHealthy()).name).not.toBe(name)
  expect(await statesOf(sessions)).toEqual(all('active', sessions.length))
  expect(await statesOf(ended)).toEqual(all('revoked', ended.length))
})
