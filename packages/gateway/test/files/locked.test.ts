import { chmod, chown, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { holderOf, tryLock } from '@holdfast/files/file-lock'
import { expect, test } from 'vitest'
import { replacePrivateFile, withFileLock } from '../../src/files/locked.ts'
import { temporaryFolder } from '../support.ts'

test('changes of one file run one after the other', async () => {
  const file = path.join(await temporaryFolder(), 'count')
  await writeFile(file, '0')
  const addOne = () =>
    withFileLock(file, 'count', async () => {
      const count = Number(await readFile(file, 'utf8'))
      await replacePrivateFile(file, 'count', String(count + 1))
    })
  await Promise.all(Array.from({ length: 20 }, addOne))
  expect(await readFile(file, 'utf8')).toBe('20')
})

test('a replaced file has mode 0600, and no draft remains', async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder, 'users.json')
  await writeFile(file, 'old', { mode: 0o644 })
  await withFileLock(file, 'users file', () => replacePrivateFile(file, 'users file', 'new'))
  expect(await readFile(file, 'utf8')).toBe('new')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['users.json'])
})

// Only root can change the owner of a file.
test.skipIf(process.getuid?.() !== 0)(
  'a service can still read its file after root has replaced it',
  async () => {
    const file = path.join(await temporaryFolder(), 'gateway.json')
    await writeFile(file, 'old')
    for (const [uid, mode] of [
      [0, 0o640],
      [12_345, 0o600],
    ] as const) {
      await chown(file, uid, 12_345)
      await chmod(file, mode)
      await replacePrivateFile(file, 'configuration file', 'new')
      const found = await stat(file)
      expect([found.uid, found.gid, found.mode & 0o777]).toEqual([uid, 12_345, mode])
    }
  },
)

test('a failed change releases the lock', async () => {
  const file = path.join(await temporaryFolder(), 'users.json')
  const failing = withFileLock(file, 'users file', () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(await withFileLock(file, 'users file', async () => 'done')).toBe('done')
})

test('the message about a held lock names its file and its holder', async () => {
  const file = path.join(await temporaryFolder(), 'users.json')
  const { lock } = tryLock(`${file}.lock`, { purpose: 'a test', foreignLockMs: 0 })
  await expect(withFileLock(file, 'users file', async () => 'done')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: expect.stringMatching(
      new RegExp(
        `being changed by process ${process.pid} on .+, since 20.+Z \\(lock file .*users\\.json\\.lock\\)`,
      ),
    ),
  })
  lock?.release()
})

test('a change through a symbolic link has the lock of the file that the link leads to', async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder, 'users.json')
  const link = path.join(folder, 'link')
  await symlink('users.json', link)
  await withFileLock(link, 'users file', async () => {
    expect(holderOf(`${file}.lock`, { foreignLockMs: 0 })).toMatchObject({
      purpose: 'changing the users file',
    })
    await replacePrivateFile(link, 'users file', 'new')
  })
  expect(await readFile(file, 'utf8')).toBe('new')
  expect((await readdir(folder)).toSorted()).toEqual(['link', 'users.json'])
})

test('the message about a missing folder is one sentence', async () => {
  const change = withFileLock('/nowhere/users.json', 'users file', async () => 'done')
  await expect(change).rejects.toThrow('/nowhere/users.json.lock does not exist; check the path')
})
