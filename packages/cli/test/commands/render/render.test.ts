import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { exampleSite } from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { renderFrom } from '../../../src/commands/render/run.ts'

const asked: string[] = []
const handler = renderFrom({
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

it('`holdfast render` writes one folder per host, secrets only for the owner, and prints them as a tree', async () => {
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
  expect(printed).toMatch(/\d+ files, \d+ of them with secrets \(mode 0600\)\. No host was changed\.\n/)
})

it('`holdfast render` overwrites files only with --force', async () => {
  await handler({ out: folder, host: 'dc1-data-1' }, 'my.yaml')
  const file = join(folder, 'dc1/dc1-data-1/redis.conf')
  await writeFile(file, 'changed by hand')
  await expect(handler({ out: folder }, 'my.yaml')).rejects.toMatchObject({
    code: 'RENDER_REFUSED',
    message: `${file} already exists. Name another folder with --out, or overwrite it with --force.`,
  })
  expect(await readdir(join(folder, 'dc1'))).toEqual(['dc1-data-1'])
  expect(await readFile(file, 'utf8')).toBe('changed by hand')
  await handler({ out: folder, force: true }, 'my.yaml')
  expect(await readFile(file, 'utf8')).toContain('appendonly yes')
  const [, kept = ''] = /^ +(\S+redis\.conf\.replaced-\S+)$/m.exec(printed) ?? []
  expect(await readFile(kept, 'utf8')).toBe('changed by hand')
})

it('`holdfast render` explains each directive of one host, without secrets', async () => {
  await handler({ explain: true, host: 'dc1-data-2' }, 'my.yaml')
  expect(printed).toMatch(
    /min-replicas-to-write 1\n +A primary without a connected replica .* \(measured by Holdfast/,
  )
  expect(printed).toContain('masterauth [redacted]\n')
  expect(printed).toContain('systemd-analyze security (systemd 252): 1.1 of 10.')
  expect(printed).not.toContain('-of-the-golden-files')
  expect(printed).not.toContain('dc1-data-1/')
})

const certificates = () => join(folder, 'certificates')

/** Issues certificates as `holdfast ca` does: those of data hosts with their addresses, the others without. */
async function issue(hosts: readonly string[]): Promise<CertificateFolder> {
  const held = new CertificateFolder(certificates(), 'dc1')
  await held.createAuthority({})
  for (const name of hosts) {
    const data = /data-(\d)$/.exec(name)
    await held.issue({ name, addresses: data === null ? [] : [`10.20.0.1${data[1]}`] })
  }
  return held
}

const HOSTS = ['dc1-app-1', 'dc1-gateway-1', 'dc1-data-1', 'dc1-data-2', 'dc1-data-3']

it('`holdfast render` writes the certificate of each host where its other files expect it, and its key only for the owner', async () => {
  const held = await issue(HOSTS)
  await handler({ out: join(folder, 'out'), certificates: certificates() }, 'my.yaml')
  for (const host of HOSTS) {
    const at = (name: string) => join(folder, 'out/dc1', host, 'tls', name)
    const source = (name: string) => readFile(join(held.path, name), 'utf8')
    expect(await readFile(at('ca.pem'), 'utf8')).toBe(await source('ca.crt'))
    expect(await readFile(at('host.pem'), 'utf8')).toBe(await source(`${host}.crt`))
    expect(await readFile(at('host-key.pem'), 'utf8')).toBe(await source(`${host}.key`))
    expect((await stat(at('host-key.pem'))).mode & 0o777).toBe(0o600)
    expect((await stat(at('host.pem'))).mode & 0o777).toBe(0o644)
  }
  expect(printed).toMatch(/tls\/host-key\.pem +-> \/etc\/holdfast\/tls\/host-key\.pem +secret\n/)
  expect(printed).not.toContain('without a usable certificate')
  expect(await readdir(join(folder, 'out/dc1/dc1-balancer'))).not.toContain('tls')
})

it('`holdfast render` lists hosts without a usable certificate, the reason, and the command that issues it', async () => {
  const held = await issue(['dc1-app-1', 'dc1-gateway-1', 'dc1-data-1'])
  await held.issue({ name: 'dc1-data-2', addresses: ['10.99.0.12'] })
  await handler({ out: join(folder, 'out'), certificates: certificates() }, 'my.yaml')
  expect(printed).toMatch(/2 hosts without a usable certificate/)
  expect(printed).toMatch(/dc1-data-2 +It does not hold the address 10\.20\.0\.12\.\n/)
  expect(printed).toMatch(/dc1-data-3 +It is not there\.\n/)
  expect(printed).toContain(
    `holdfast ca issue dc1-data-3 --name dc1 --addresses 10.20.0.13 --certificates ${certificates()}\n`,
  )
  expect(await readdir(join(folder, 'out/dc1/dc1-data-1'))).toContain('tls')
  for (const host of ['dc1-data-2', 'dc1-data-3'])
    expect(await readdir(join(folder, 'out/dc1', host))).not.toContain('tls')
})

it('`holdfast render` uses no certificate of another authority', async () => {
  const held = await issue(HOSTS)
  await held.createAuthority({ force: true })
  await handler({ out: join(folder, 'out'), certificates: certificates() }, 'my.yaml')
  expect(printed).toMatch(/5 hosts without a usable certificate/)
  expect(printed).toMatch(/dc1-app-1 +Another authority signed it\.\n/)
})

it('`holdfast render` explains files with a certificate without printing its key', async () => {
  await issue(HOSTS)
  await handler({ explain: true, host: 'dc1-app-1', certificates: certificates() }, 'my.yaml')
  expect(printed).toContain('tls [redacted]')
  expect(printed).toContain('sentinelTLS [redacted]')
  expect(printed).toContain('dc1/dc1-app-1/tls/host-key.pem')
  expect(printed).not.toContain('PRIVATE KEY')
})

it('`holdfast render` refuses to run without --out and --explain', async () => {
  await expect(handler({}, 'my.yaml')).rejects.toMatchObject({ code: 'USAGE' })
})
