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

it('gives the site of a file without errors', async () => {
  const site = await loadSite(join(FIXTURES, 'rabbitmq-beside-redis.yaml'))
  expect(site.dataCentres.map(({ name }) => name)).toEqual(['dc1'])
})

it('refuses a file with errors, naming each with its place', async () => {
  const file = join(FIXTURES, 'mongodb-beside-redis.yaml')
  await expect(loadSite(file)).rejects.toMatchObject({
    code: 'SITE_INVALID',
    message: expect.stringContaining(`${file}:9:70 mongodb-beside-redis redis-2 runs MongoDB`),
  })
})

// INV-SITE-2.
it('refuses a file that is missing, a folder, or endless', async () => {
  await expect(loadSite(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'SITE_UNREADABLE' })
  await expect(loadSite(folder)).rejects.toMatchObject({ code: 'SITE_UNREADABLE' })
  await expect(loadSite('/dev/zero')).rejects.toMatchObject({ code: 'SITE_INVALID' })
})

it('reads a file with a byte order mark and Windows line ends', async () => {
  const file = join(folder, 'windows.yaml')
  const text = 'version: 1\r\nengine: redis 6\r\n'
  await writeFile(file, `\ufeff${text}`)
  await expect(loadSite(file)).rejects.toMatchObject({ message: expect.stringContaining(':2:9 shape') })
})
