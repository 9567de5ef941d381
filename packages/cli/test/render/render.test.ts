import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exampleSite } from '../../../cluster/test/render/support/example-site.ts'
import { FIXED_SECRETS } from '../../../cluster/test/support/fixed-secrets.ts'
import { renderCommand } from '../../src/commands/render.ts'

const asked: string[] = []
const { handler } = renderCommand({
  readSite: async (file) => {
    asked.push(file)
    return exampleSite()
  },
  readSecrets: async () => FIXED_SECRETS,
})

let folder: string
let printed: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-render-'))
  printed = ''
  vi.spyOn(console, 'log').mockImplementation((text: string) => {
    printed += `${stripVTControlCharacters(text)}\n`
  })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

it('writes a folder a host, secrets for the owner alone, and shows them as a tree', async () => {
  expect(await handler({ out: folder }, 'my.yaml')).toBe(0)
  expect(asked).toContain('my.yaml')
  expect((await readdir(join(folder, 'dc1'))).sort()).toEqual([
    ...['dc1-app-1', 'dc1-balancer', 'dc1-data-1', 'dc1-data-2', 'dc1-data-3', 'dc1-gateway-1'],
  ])
  const modeOf = async (path: string) => (await stat(join(folder, 'dc1', path))).mode & 0o777
  expect(await modeOf('dc1-data-1/redis.conf')).toBe(0o600)
  expect(await modeOf('dc1-data-1/users.acl')).toBe(0o600)
  expect(await modeOf('dc1-data-1/nftables.conf')).toBe(0o644)
  expect(printed).toContain('dc1-data-1\n')
  expect(printed).toMatch(/├─ redis\.conf +-> \/etc\/holdfast\/redis\.conf +secret\n/)
  expect(printed).toMatch(
    /\d+ files, \d+ of them with secrets \(mode 0600\)\. Nothing was put on a host\.\n$/,
  )
})

it('refuses to overwrite, and overwrites when forced', async () => {
  await handler({ out: folder, host: 'dc1-data-1' }, 'my.yaml')
  const file = join(folder, 'dc1/dc1-data-1/redis.conf')
  await writeFile(file, 'changed by hand')
  await expect(handler({ out: folder }, 'my.yaml')).rejects.toMatchObject({
    code: 'RENDER_REFUSED',
    message: `${file} is there already. Name another folder with --out, or overwrite it with --force.`,
  })
  expect(await readdir(join(folder, 'dc1'))).toEqual(['dc1-data-1'])
  expect(await readFile(file, 'utf8')).toBe('changed by hand')
  await handler({ out: folder, force: true }, 'my.yaml')
  expect(await readFile(file, 'utf8')).toContain('appendonly yes')
})

it('explains each directive of one host, without secrets', async () => {
  await handler({ explain: true, host: 'dc1-data-2' }, 'my.yaml')
  expect(printed).toMatch(
    /min-replicas-to-write 1\n +A primary that no replica follows .* \(measured by Holdfast/,
  )
  expect(printed).toContain('masterauth [redacted]\n')
  expect(printed).toContain('systemd-analyze security (systemd 252): 1.1 of 10.')
  expect(printed).not.toContain('-of-the-golden-files')
  expect(printed).not.toContain('dc1-data-1/')
})

it('asks where to when it is not told', async () => {
  await expect(handler({}, 'my.yaml')).rejects.toMatchObject({ code: 'USAGE' })
})
