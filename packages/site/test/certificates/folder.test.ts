import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@holdfast/testing/local/temporary-folder'
import { expect, test } from 'vitest'
import { createAuthority, issueCertificate } from '../../src/certificates/certificate.ts'
import { CertificateFolder } from '../../src/certificates/folder.ts'

const HOST = { name: 'redis-1', addresses: ['10.0.1.11'] }

async function folderWithAuthority(): Promise<CertificateFolder> {
  const folder = new CertificateFolder(await temporaryFolder(), 'dc1')
  await folder.createAuthority({})
  return folder
}

const modeOf = async (file: string) => (await stat(file)).mode & 0o777

test('only the owner can read keys, and each key matches the certificate beside it', async () => {
  const folder = await folderWithAuthority()
  const issued = await folder.issue(HOST)
  expect((await readdir(folder.path)).sort()).toEqual(['ca.crt', 'ca.key', 'redis-1.crt', 'redis-1.key'])
  for (const name of ['ca', 'redis-1']) {
    expect(await modeOf(join(folder.path, `${name}.key`))).toBe(0o600)
    expect(await modeOf(join(folder.path, `${name}.crt`))).toBe(0o644)
  }
  expect(issued).toMatchObject({ file: join(folder.path, 'redis-1.crt'), isOurs: true, subject: 'redis-1' })
  const key = createPrivateKey(await readFile(join(folder.path, 'redis-1.key')))
  expect(new X509Certificate(await readFile(issued.file)).checkPrivateKey(key)).toBe(true)
})

test('createAuthority replaces an authority only with `force`, and old certificates are then not ours', async () => {
  const folder = await folderWithAuthority()
  await folder.issue(HOST)
  const before = await folder.list()
  await expect(folder.createAuthority({})).rejects.toMatchObject({
    code: 'AUTHORITY_EXISTS',
    message: expect.stringContaining('Use --force to replace it.'),
  })
  expect(await folder.list()).toEqual(before)
  const old = await readFile(join(folder.path, 'ca.key'), 'utf8')
  const { kept } = await folder.createAuthority({ force: true })
  expect(kept.map((file) => file.replace(/-[\d-]+$/, ''))).toEqual([
    join(folder.path, 'ca.crt.replaced'),
    join(folder.path, 'ca.key.replaced'),
  ])
  for (const file of kept) expect(await modeOf(file)).toBe(0o600)
  expect(await readFile(kept[1] ?? '', 'utf8')).toBe(old)
  const after = await folder.list()
  expect(after.authority.fingerprint).not.toBe(before.authority.fingerprint)
  expect(after.issued).toMatchObject([{ subject: 'redis-1', isOurs: false }])
})

test('createAuthority does not overwrite the certificate of an authority whose key is elsewhere', async () => {
  const folder = await folderWithAuthority()
  await rm(join(folder.path, 'ca.key'))
  await expect(folder.createAuthority({})).rejects.toMatchObject({ code: 'AUTHORITY_EXISTS' })
})

test('two data centres in one folder have separate authorities', async () => {
  const root = await temporaryFolder()
  const [one, two] = [new CertificateFolder(root, 'dc1'), new CertificateFolder(root, 'dc2')]
  const [first, second] = [await one.createAuthority({}), await two.createAuthority({})]
  expect(first.subject).toBe('Holdfast authority of dc1')
  expect(second.subject).toBe('Holdfast authority of dc2')
})

test('renew replaces certificates that expire soon or are of another authority, for the same names', async () => {
  const folder = await folderWithAuthority()
  await folder.issue({ ...HOST, names: ['redis-1.example.org'], days: 20 })
  await folder.issue({ name: 'fresh' })
  const foreign = await issueCertificate(await createAuthority({ dataCentre: 'dc2' }), {
    name: 'shop',
    purposes: ['client'],
  })
  await writeFile(join(folder.path, 'shop.crt'), foreign.certificate)
  const before = await folder.list()
  const renewed = await folder.renew({ withinDays: 30 })
  expect(renewed).toMatchObject([
    { subject: 'redis-1', names: ['redis-1', 'redis-1.example.org'], addresses: ['10.0.1.11'], daysLeft: 89 },
    { subject: 'shop', purposes: ['client'], daysLeft: 89, isOurs: true },
  ])
  const after = await folder.list()
  const serials = ({ issued }: typeof after) => issued.map(({ serialNumber }) => serialNumber)
  expect(serials(after)[0]).toBe(serials(before)[0])
  expect(serials(after)[1]).not.toBe(serials(before)[1])
  expect(await folder.renew({ withinDays: 30 })).toEqual([])
})

test('errors name the file that is missing or invalid', async () => {
  const folder = new CertificateFolder(await temporaryFolder(), 'dc1')
  const missing = { code: 'AUTHORITY_MISSING', message: expect.stringContaining(folder.path) }
  await expect(folder.list()).rejects.toMatchObject(missing)
  await expect(folder.issue(HOST)).rejects.toMatchObject(missing)
  await folder.createAuthority({})
  await expect(folder.issue({ name: 'ca' })).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' })
  await writeFile(join(folder.path, 'torn.crt'), '-----BEGIN CERTIFICATE-----\n')
  await expect(folder.list()).rejects.toMatchObject({
    code: 'CERTIFICATE_UNREADABLE',
    message: `${join(folder.path, 'torn.crt')} is not a certificate in PEM. Issue the certificate again.`,
  })
})

test('find throws on a certificate whose key does not match, as a kill during issue leaves it', async () => {
  const folder = await folderWithAuthority()
  await folder.issue(HOST)
  expect(await folder.find('redis-1')).toMatchObject({ file: { subject: 'redis-1' } })
  const { certificate } = await issueCertificate(await createAuthority({ dataCentre: 'dc1' }), HOST)
  await writeFile(join(folder.path, 'redis-1.crt'), certificate)
  await expect(folder.find('redis-1')).rejects.toMatchObject({
    code: 'CERTIFICATE_UNREADABLE',
    message: `${join(folder.path, 'redis-1.crt')} does not match the key beside it. Issue the certificate again.`,
  })
  await folder.issue(HOST)
  expect(await folder.find('redis-1')).toMatchObject({ file: { isOurs: true } })
})

test('canIssue is true only if the authority and its key are there', async () => {
  const folder = new CertificateFolder(await temporaryFolder(), 'dc1')
  expect(await folder.canIssue()).toBe(false)
  await folder.createAuthority({})
  expect(await folder.canIssue()).toBe(true)
  await rm(join(folder.path, 'ca.key'))
  expect(await folder.canIssue()).toBe(false)
})
