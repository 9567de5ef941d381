import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { holderOf, lockWithin, releaseLock, tryLock } from '../src/file-lock.ts'
import { type LockHolder, ownHolder } from '../src/lock-holder.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  file = join(folder, 'lock')
})

const options = { purpose: 'a test', foreignLockMs: 60_000 }
const left = (holder: Partial<LockHolder>, name = file) =>
  writeFileSync(
    name,
    JSON.stringify({ ...ownHolder('11111111-2222-4333-8444-555555555555', 'work'), ...holder }),
  )

it('a held lock is refused with its holder, and free again after its release, which leaves nothing behind', async () => {
  const { lock } = tryLock(file, options)
  expect(tryLock(file, options).holder).toMatchObject({ pid: process.pid, purpose: 'a test' })
  expect((await lockWithin(file, 30, options)).holder).toMatchObject({ host: hostname() })
  expect(holderOf(file, options)).toMatchObject({ pid: process.pid })
  // Every user may see which process has the lock.
  expect(statSync(file).mode & 0o777).toBe(0o644)
  lock?.release()
  expect(holderOf(file, options)).toBeNull()
  expect(readdirSync(folder)).toEqual([])
})

// INV-FILES-1.
it('a lock is not held by a process that has ended, by a later process with its number, or by a damaged file', () => {
  const ended: Partial<LockHolder>[] = [
    { pid: 2 ** 30 },
    { started: `${ownHolder('', '').started}0` },
    { started: 'another boot/1' },
  ]
  for (const text of [...ended, '', '4242\n', 'null', '{"pid":1}']) {
    if (typeof text === 'string') {
      writeFileSync(file, text)
      utimesSync(file, new Date(), new Date(Date.now() - 2000))
    } else left(text)
    tryLock(file, options).lock?.release()
    expect(readdirSync(folder)).toEqual([])
  }
})

it('a lock of another machine or container is held, until it is older than such a lock may be', () => {
  const foreign: Partial<LockHolder>[] = [
    { started: 'another boot/1', host: 'another-host' },
    { namespace: 'pid:[1]', pid: 1 },
  ]
  for (const holder of foreign) {
    left(holder)
    expect(tryLock(file, options).lock).toBeNull()
    expect(holderOf(file, options)).toMatchObject(holder)
    expect(holderOf(file, { foreignLockMs: 0 })).toBeNull()
    utimesSync(file, new Date(), new Date(Date.now() - 61_000))
    expect(holderOf(file, options)).toBeNull()
    tryLock(file, options).lock?.release()
    expect(readdirSync(folder)).toEqual([])
  }
})

// INV-FILES-1.
it('the lock of a dead process is left to the process that already takes it over', () => {
  left({ pid: 2 ** 30 })
  const right = `${file}.11111111-2222-4333-8444-555555555555`
  const heir = tryLock(right, options)
  expect(tryLock(file, options).holder?.pid).toBe(process.pid)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: 2 ** 30 })
  heir.lock?.release()
  // That process, too, may have been killed.
  left({ pid: 2 ** 30, id: '22222222-2222-4333-8444-555555555555' }, right)
  tryLock(file, options).lock?.release()
  expect(readdirSync(folder)).toEqual([])
})

it('a release does not delete the lock that another process has taken meanwhile', () => {
  const { lock } = tryLock(file, options)
  left({ pid: 1, namespace: 'pid:[1]' })
  lock?.release()
  releaseLock(file, options)
  expect(holderOf(file, options)).toMatchObject({ namespace: 'pid:[1]' })
})

it('the drafts and rights that killed processes left are deleted, and no other file', () => {
  left({ pid: 2 ** 30 }, `${file}.33333333-2222-4333-8444-555555555555.tmp`)
  left({ pid: 2 ** 30 }, `${file}.44444444-2222-4333-8444-555555555555`)
  const kept = [`${file}.55555555-2222-4333-8444-555555555555.tmp`, `${file}.txt`]
  // A living process is about to write its draft.
  for (const name of kept) writeFileSync(name, '')
  tryLock(file, options).lock?.release()
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual(kept)
})
