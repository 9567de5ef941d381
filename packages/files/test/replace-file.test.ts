import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { replaceFile } from '../src/replace-file.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  file = join(folder, 'users.json')
})

it('a replaced file has the new text and mode, and no draft remains', async () => {
  await writeFile(file, 'old', { mode: 0o644 })
  await replaceFile(file, 'new', 0o600)
  expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual(['new', 0o600])
  await expect(replaceFile(file, 'newer', 0o600, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await readFile(file, 'utf8')).toBe('new')
  expect(await readdir(folder)).toEqual(['users.json'])
})

// INV-FILES-3.
it('a symbolic link stays, and the file that it leads to is replaced, also one that does not exist', async () => {
  const link = join(folder, 'link')
  await symlink('users.json', link)
  for (const text of ['first', 'second']) {
    await replaceFile(link, text, 0o600)
    expect(await readFile(file, 'utf8')).toBe(text)
  }
  expect(await readlink(link)).toBe('users.json')
})

it('the old drafts that a killed process left are deleted', async () => {
  const [old, fresh] = [`${file}.99-0123abcd.tmp`, `${file}.99-0123abce.tmp`]
  for (const draft of [old, fresh]) await writeFile(draft, '')
  await utimes(old, new Date(), new Date(Date.now() - 61_000))
  await replaceFile(file, 'new', 0o600)
  expect((await readdir(folder)).toSorted()).toEqual(['users.json', 'users.json.99-0123abce.tmp'])
})
