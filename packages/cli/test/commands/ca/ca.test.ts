import { execFile } from 'node:child_process'
import { cp, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

let sandbox: Sandbox
let folder: string
beforeEach(async () => {
  sandbox = await Sandbox.make()
  folder = join(sandbox.folder, 'certificates')
})
afterEach(() => sandbox.remove())

const files = () => new CertificateFolder(folder, 'dc1')
const ca = (...args: string[]) => sandbox.run(['ca', ...args, '--certificates', folder])

test('an authority is created and signs, and openssl accepts the certificate', async () => {
  expect(await ca('create')).toMatchObject({ code: 0, stderr: '' })
  const issued = await ca('issue', 'redis-1', '--addresses', '10.0.1.11', '--names', 'redis-1.example.org')
  expect(issued).toMatchObject({ code: 0, stderr: '' })
  expect(issued.stdout).toMatch(
    /redis-1 +server, client +redis-1\.example\.org, localhost, 10\.0\.1\.11, 127\.0\.0\.1, ::1 +\S+ +89 days/,
  )
  const file = (name: string) => join(folder, 'dc1', name)
  const verify = ['verify', '-x509_strict', '-verify_ip', '10.0.1.11', '-CAfile', file('ca.crt')]
  const { stdout } = await promisify(execFile)('openssl', [...verify, file('redis-1.crt')])
  expect(stdout).toMatch(/: OK\n$/)
  for (const key of ['ca.key', 'redis-1.key']) expect((await stat(file(key))).mode & 0o777).toBe(0o600)
})

test('`ca show` warns about certificates that expire soon, and `ca renew` renews them', async () => {
  await files().createAuthority({})
  await files().issue({ name: 'redis-1' })
  await files().issue({ name: 'shop', purposes: ['client'], days: 10 })
  const shown = await ca('show')
  expect(shown.code).toBe(1)
  expect(shown.stdout).toContain('Holdfast authority of dc1')
  expect(shown.stdout).toMatch(/redis-1 .* 89 days\n/)
  expect(shown.stdout).toMatch(/shop +client +- +\S+ +9 days, renew it\n/)
  const renewed = await ca('renew')
  expect(renewed.stdout).toMatch(/shop .* 89 days\n/)
  expect(renewed.stdout).not.toContain('redis-1')
  const { code, stdout } = await ca('show', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    authority: { isAuthority: true },
    issued: [{ subject: 'redis-1' }, { subject: 'shop', purposes: ['client'], isOurs: true }],
  })
  expect(stdout).not.toContain('PRIVATE KEY')
})

test('an authority is replaced only with --force and a confirmation, is kept, and can be restored', async () => {
  await files().createAuthority({})
  await files().issue({ name: 'redis-1' })
  const key = () => readFile(join(folder, 'dc1', 'ca.key'), 'utf8')
  const before = await key()
  const refused = await ca('create')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^Error: dc1 already has an authority in .*Use --force to replace it\.\n$/)
  expect(await key()).toBe(before)
  const unasked = await ca('create', '--force')
  expect(unasked.code).toBe(2)
  expect(unasked.stderr).toMatch(
    /refuse every certificate.*Error: A confirmation needs a terminal: without one, use --yes/s,
  )
  expect(await key()).toBe(before)
  const replaced = await ca('create', '--force', '--yes')
  expect(replaced.code).toBe(0)
  const keptAs = (file: string) =>
    new RegExp(`^ +(\\S+${file}\\.replaced-\\S+)$`, 'm').exec(replaced.stdout)?.[1] ?? ''
  expect(await readFile(keptAs('ca.key'), 'utf8')).toBe(before)
  const shown = await ca('show')
  expect(shown.code).toBe(1)
  expect(shown.stdout).toMatch(/redis-1 .* of another authority\n/)
  expect((await ca('renew')).stdout).toMatch(/redis-1 .* 89 days\n/)
  for (const file of ['ca.crt', 'ca.key']) await cp(keptAs(file), join(folder, 'dc1', file))
  expect((await ca('renew')).stdout).toMatch(/redis-1 .* 89 days\n/)
  expect((await ca('show')).code).toBe(0)
})

test('a certificate without addresses of the previous one is issued with a warning', async () => {
  await files().createAuthority({})
  await ca('issue', 'redis-1', '--addresses', '10.0.1.11')
  const { code, stderr } = await ca('issue', 'redis-1')
  expect([code, stderr]).toEqual([0, expect.stringContaining('also contained 10.0.1.11.')])
})

test.each<[string, string[], number, string]>([
  ['no authority', ['issue', 'redis-1'], 1, 'dc1 has no authority in'],
  ['nothing to show', ['show'], 1, 'Run `holdfast ca create`'],
  ['too many days', ['create', '--days', '9999'], 2, '--days must be a whole number from 1 to 7300'],
  ['a data centre that is no name', ['create', '--name', '../x'], 2, 'must be a DNS name, got "../x".'],
])('%s prints one sentence', async (_, args, code, sentence) => {
  const ended = await ca(...args)
  expect(ended).toMatchObject({ code, stdout: '' })
  expect(ended.stderr).toContain(sentence)
  expect(ended.stderr).toMatch(/^Error: .*\n$/)
})
