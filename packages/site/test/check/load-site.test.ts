import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadSite } from '../../src/check/check-site.ts'

const FIXTURES = join(import.meta.dirname, '../rules/fixtures')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-site-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('loadSite returns the site of a file without errors', async () => {
  const site = await loadSite(join(FIXTURES, 'rabbitmq-beside-redis.yaml'))
  expect(site.dataCentres.map(({ name }) => name)).toEqual(['dc1'])
})

it('loadSite rejects a file with errors, and its message lists each with line and column', async () => {
  const file = join(FIXTURES, 'mongodb-beside-redis.yaml')
  await expect(loadSite(file)).rejects.toMatchObject({
    code: 'SITE_INVALID',
    message: expect.stringContaining(`${file}:9:70 mongodb-beside-redis redis-2 runs MongoDB`),
  })
})

// INV-SITE-2.
it('loadSite rejects a missing file, a folder, and a device that never ends', async () => {
  await expect(loadSite(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'SITE_UNREADABLE' })
  await expect(loadSite(folder)).rejects.toMatchObject({ code: 'SITE_UNREADABLE' })
  await expect(loadSite('/dev/zero')).rejects.toMatchObject({ code: 'SITE_INVALID' })
})

it('loadSite reads a file with a byte order mark and Windows line ends', async () => {
  const file = join(folder, 'windows.yaml')
  const text = 'version: 1\r\nengine: redis 6\r\n'
  await writeFile(file, `\ufeff${text}`)
  await expect(loadSite(file)).rejects.toMatchObject({ message: expect.stringContaining(':2:9 shape') })
})
