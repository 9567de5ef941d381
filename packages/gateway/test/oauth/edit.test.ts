import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadGatewayConfig } from '../../src/config/load.ts'
import { addClient, createClient } from '../../src/index.ts'
import { rawConfig, temporaryFolder } from '../support.ts'

async function configFile(raw: unknown = rawConfig()): Promise<string> {
  const file = path.join(await temporaryFolder(), 'gateway.json')
  await writeFile(file, JSON.stringify(raw), { mode: 0o600 })
  return file
}

test('addClient keeps the rest of the file and does not store the secret', async () => {
  const file = await configFile()
  const [first, second] = [createClient('a', ['introspect']), createClient('b', ['introspect', 'revoke'])]
  await addClient(file, first.entry)
  await addClient(file, second.entry)
  expect((await loadGatewayConfig(file)).oauth).toEqual({ clients: [first.entry, second.entry] })
  const text = await readFile(file, 'utf8')
  expect(JSON.parse(text)).toMatchObject(rawConfig())
  expect(text).not.toContain('hfc_')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('addClient does not change the file when the id is in use', async () => {
  const file = await configFile()
  await addClient(file, createClient('a', ['introspect']).entry)
  const before = await readFile(file, 'utf8')
  await expect(addClient(file, createClient('a', ['revoke']).entry)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('must not contain the same client twice'),
  })
  expect(await readFile(file, 'utf8')).toBe(before)
})

test('addClient does not change an invalid file', async () => {
  const file = await configFile({ ...rawConfig(), name: '' })
  const before = await readFile(file, 'utf8')
  await expect(addClient(file, createClient('a', ['revoke']).entry)).rejects.toThrow(/not added to .*`name`/s)
  expect(await readFile(file, 'utf8')).toBe(before)
})

test('createClient rejects an invalid id', () => {
  expect(() => createClient('a b', ['revoke'])).toThrow(/^"a b" cannot be a client id\. `id` must be 1 to 64/)
})
