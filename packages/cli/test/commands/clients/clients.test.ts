import { readFile, writeFile } from 'node:fs/promises'
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
