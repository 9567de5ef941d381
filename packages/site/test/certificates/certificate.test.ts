import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@holdfast/testing/local/temporary-folder'
import { expect, test } from 'vitest'
import {
  type CertificateRequest,
  createAuthority,
  issueCertificate,
} from '../../src/certificates/certificate.ts'
import { inspectCertificate, isSignedBy } from '../../src/certificates/inspect.ts'

const run = promisify(execFile)
const DAY_MS = 24 * 3600 * 1000
const HOST = {
  name: 'redis-1',
  names: ['redis-1.example.org'],
  addresses: ['10.0.1.11', '127.0.0.1', '::1', '2001:db8::a:0:0:b', '::ffff:10.1.2.3'],
}

/** The output of `openssl verify` and `openssl x509 -text` for a certificate of an authority. */
async function openssl(authority: string, certificate: string, ...options: string[]) {
  const folder = await temporaryFolder()
  const [ca, leaf] = [join(folder, 'ca.crt'), join(folder, 'leaf.crt')]
  await Promise.all([writeFile(ca, authority), writeFile(leaf, certificate)])
  const verified = await run('openssl', ['verify', '-x509_strict', '-CAfile', ca, ...options, leaf]).catch(
    (error: { stderr: string }) => error,
  )
  const { stdout } = await run('openssl', ['x509', '-in', leaf, '-noout', '-text'])
  return {
    verdict: 'stdout' in verified ? String(verified.stdout) + verified.stderr : verified.stderr,
    text: stdout,
  }
}

test.each<[string, string[]]>([
  ['as a server', ['-purpose', 'sslserver']],
  ['as a client', ['-purpose', 'sslclient']],
  ['by its name', ['-verify_hostname', 'redis-1']],
  ['by an additional name', ['-verify_hostname', 'redis-1.example.org']],
  ['by an IPv4 address', ['-verify_ip', '10.0.1.11']],
  ['by an IPv6 address', ['-verify_ip', '2001:db8:0:0:a::b']],
])('openssl accepts the certificate of a host %s', async (_, options) => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  const { certificate } = await issueCertificate(authority, HOST)
  const { verdict } = await openssl(authority.certificate, certificate, ...options)
  expect(verdict).toMatch(/: OK\n$/)
})

test.each<[string, string[]]>([
  ['with another address', ['-verify_ip', '10.0.1.12']],
  ['with another name', ['-verify_hostname', 'redis-2']],
  ['one day after it expired', ['-attime', String(Math.floor((Date.now() + 91 * DAY_MS) / 1000))]],
])('openssl rejects the certificate of a host %s', async (_, options) => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  const { certificate } = await issueCertificate(authority, HOST)
  const { verdict } = await openssl(authority.certificate, certificate, ...options)
  expect(verdict).toContain('verification failed')
})

// INV-SITE-12.
test('the certificate of an authority allows signing certificates of hosts, but not of other authorities', async () => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  const { verdict, text } = await openssl(authority.certificate, authority.certificate)
  expect(verdict).toMatch(/: OK\n$/)
  expect(text).toContain('CA:TRUE, pathlen:0')
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/)
  expect(text).toContain('NIST CURVE: P-256')
  expect(inspectCertificate(authority.certificate, Date.now())).toMatchObject({
    subject: 'Holdfast authority of dc1',
    issuer: 'Holdfast authority of dc1',
    isAuthority: true,
    daysLeft: 3649,
  })
})

test('the certificate of an application is valid for clients only', async () => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  const { certificate } = await issueCertificate(authority, { name: 'shop', purposes: ['client'] })
  expect((await openssl(authority.certificate, certificate, '-purpose', 'sslclient')).verdict).toMatch(/OK/)
  const { verdict, text } = await openssl(authority.certificate, certificate, '-purpose', 'sslserver')
  expect(verdict).toContain('verification failed')
  expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/)
  expect(text).toMatch(/Extended Key Usage:\s+TLS Web Client Authentication\n/)
})

test('inspectCertificate returns what issueCertificate was asked for', async () => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  const { certificate } = await issueCertificate(authority, { ...HOST, days: 30 })
  expect(inspectCertificate(certificate, Date.now())).toMatchObject({
    subject: 'redis-1',
    issuer: 'Holdfast authority of dc1',
    isAuthority: false,
    names: ['redis-1', 'redis-1.example.org'],
    addresses: ['10.0.1.11', '127.0.0.1', '::1', '2001:db8::a:0:0:b', '::ffff:a01:203'],
    purposes: ['server', 'client'],
    daysLeft: 29,
  })
})

test('every certificate has its own serial number and key', async () => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  const issued = await Promise.all(Array.from({ length: 20 }, () => issueCertificate(authority, HOST)))
  const serials = issued.map(({ certificate }) => inspectCertificate(certificate, 0).serialNumber)
  expect(new Set(serials).size).toBe(20)
  expect(new Set(issued.map(({ key }) => key)).size).toBe(20)
})

test('isSignedBy rejects another authority, even one of the same name', async () => {
  const [authority, other] = await Promise.all([
    createAuthority({ dataCentre: 'dc1' }),
    createAuthority({ dataCentre: 'dc1' }),
  ])
  const { certificate } = await issueCertificate(authority, HOST)
  expect(isSignedBy(certificate, authority.certificate)).toBe(true)
  expect(isSignedBy(certificate, other.certificate)).toBe(false)
  expect((await openssl(other.certificate, certificate)).verdict).toContain('verification failed')
})

test('a certificate never outlives its authority, and daysLeft of an expired one is negative', async () => {
  const notBefore = new Date(Date.now() - 9 * DAY_MS)
  const authority = await createAuthority({ dataCentre: 'dc1', days: 10, notBefore })
  const { certificate } = await issueCertificate(authority, HOST)
  expect(inspectCertificate(certificate, Date.now()).daysLeft).toBe(0)
  const past = await issueCertificate(authority, { ...HOST, days: 2, notBefore })
  expect(inspectCertificate(past.certificate, Date.now()).daysLeft).toBeLessThan(0)
})

test.each<[string, Partial<CertificateRequest>, RegExp]>([
  [
    'a name that is not a DNS name',
    { name: 'redis 1' },
    /^A name in a certificate must be a DNS name, got "redis 1"\./,
  ],
  ['an address as a name', { names: ['10.0.0.1'] }, /must be a DNS name, got "10\.0\.0\.1"\./],
  ['a name as an address', { addresses: ['redis-1'] }, /must be IPv4 or IPv6, got "redis-1"\.$/],
  ['an address that is valid on one machine only', { addresses: ['fe80::1%eth0'] }, /must be IPv4 or IPv6/],
  ['no days', { days: 0 }, /from 1 to 398, got 0\.$/],
  ['too many days', { days: 399 }, /from 1 to 398, got 399\.$/],
])('issueCertificate rejects %s', async (_, wrong, message) => {
  const authority = await createAuthority({ dataCentre: 'dc1' })
  await expect(issueCertificate(authority, { ...HOST, ...wrong })).rejects.toMatchObject({
    code: 'CERTIFICATE_REFUSED',
    message: expect.stringMatching(message),
  })
})

test('inspectCertificate throws on a text that is not a certificate', () => {
  expect(() => inspectCertificate('nonsense', 0)).toThrow('The text is not a certificate in PEM.')
})
