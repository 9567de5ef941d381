import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyring } from '@holdfast/tokens'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

it('clients add prints the secret once, and the entry for every gateway', async () => {
  const { code, stdout } = await sandbox.run(['clients', 'add', 'billing'])
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^Secret of billing, shown only once: {2}hfc_[\w-]{43}\nAdd this to `oauth\.clients` in the configuration of every gateway:\n {2}\{"id":"billing","secretSha256":"[\w-]{43}","may":\["introspect"\]\}\n$/,
  )
})

it('clients add writes the entry, and never the secret, into a configuration', async () => {
  const file = join(sandbox.folder, 'gateway.json')
  const config = {
    name: 'gateway-1',
    dataCentre: 'dc1',
    listen: { host: '127.0.0.1', port: 0 },
    usersFile: '/nowhere/users.json',
    store: { sentinels: [{ host: '127.0.0.1', port: 9 }], keyring: generateKeyring() },
  }
  await writeFile(file, JSON.stringify(config), { mode: 0o600 })
  const args = ['clients', 'add', 'billing', '--may', 'introspect,revoke', '--config', file]
  const added = await sandbox.json<{ secret: string; entry: { id: string } }>(args)
  const text = await readFile(file, 'utf8')
  expect(JSON.parse(text)).toEqual({ ...config, oauth: { clients: [added.entry] } })
  expect(text).not.toContain(added.secret)
  const audit = await readFile(`${file}.audit.jsonl`, 'utf8')
  expect(JSON.parse(audit)).toMatchObject({
    event: 'client-added',
    client: 'billing',
    may: ['introspect', 'revoke'],
    by: expect.any(String),
  })
  expect(audit).not.toContain(added.secret)
  expect(await sandbox.run(args)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('must not contain the same client twice'),
  })
})

it('clients add refuses an unknown right', async () => {
  expect(await sandbox.run(['clients', 'add', 'billing', '--may', 'everything'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--may must be one of introspect, revoke, got "everything"'),
  })
})

it('each change of a user has a line in an audit log beside the users file, without a password', async () => {
  const file = join(sandbox.folder, 'users.json')
  const change = (args: string[], password = '') =>
    sandbox.run(['users', ...args, 'grace', '--users-file', file], `${password}\n`)
  const passwords = ['Tr0ub4dor-and-three', 'Tr0ub4dor-and-four-5']
  expect(await change(['add'], passwords[0])).toMatchObject({ code: 0 })
  expect(await change(['passwd'], passwords[1])).toMatchObject({ code: 0 })
  for (const name of ['disable', 'enable', 'remove']) {
    expect(await change([name])).toMatchObject({ code: 0 })
  }
  const text = await readFile(`${file}.audit.jsonl`, 'utf8')
  const lines = text.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    ['added', 'new-password', 'disabled', 'enabled', 'removed'].map((done) => ({
      at: expect.stringMatching(/^20.*Z$/),
      event: 'user-changed',
      change: done,
      user: 'grace',
      file,
      by: expect.any(String),
    })),
  )
  for (const password of passwords) expect(text).not.toContain(password)
})

it('`users disable` says that the user was disabled when the audit log cannot be written', async () => {
  const file = join(sandbox.folder, 'other.json')
  const args = (name: string) => ['users', name, 'grace', '--users-file', file]
  expect(await sandbox.run(args('add'), 'Tr0ub4dor-and-three\n')).toMatchObject({ code: 0 })
  await rm(`${file}.audit.jsonl`)
  await mkdir(`${file}.audit.jsonl`)
  const disabled = await sandbox.run(args('disable'))
  expect(disabled).toMatchObject({ code: 1, stdout: expect.stringContaining('grace can no longer log in.') })
  expect(disabled.stderr).toContain(
    `${file} was changed, but the audit log ${file}.audit.jsonl cannot be written (EISDIR)`,
  )
})
