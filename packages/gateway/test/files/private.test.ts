import { chmod, chown, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSecretLine, readServiceFile } from '../../src/files/private.ts'
import { temporaryFolder } from '../support.ts'

async function keyFile(mode: number): Promise<string> {
  const file = path.join(await temporaryFolder(), 'host-key.pem')
  await writeFile(file, 'the key')
  await chmod(file, mode)
  return file
}

test('a key is read when only its owner may read it', async () => {
  expect(await readServiceFile(await keyFile(0o600), 'private key')).toBe('the key')
})

test.each([0o644, 0o604, 0o660])('a key with mode %o is rejected', async (mode) => {
  await expect(readServiceFile(await keyFile(mode), 'private key')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
  })
})

test('a secret file must have exactly one line', async () => {
  const file = await keyFile(0o600)
  await writeFile(file, 'may only read\n')
  expect(await readSecretLine(file, 'client secret')).toBe('may only read')
  for (const text of ['', '\n', 'two\nlines\n']) {
    await writeFile(file, text)
    await expect(readSecretLine(file, 'client secret')).rejects.toThrow(
      `The client secret must be the only line of ${file}`,
    )
  }
})

// Only root can change the owner of a file.
describe.skipIf(process.getuid?.() !== 0)('a key that its group may read', () => {
  test('a key that its group may read is accepted if it belongs to root, because services share it', async () => {
    expect(await readServiceFile(await keyFile(0o640), 'private key')).toBe('the key')
  })

  test('a key that its group may read is rejected if it belongs to another user', async () => {
    const file = await keyFile(0o640)
    await chown(file, 12_345, 12_345)
    await expect(readServiceFile(file, 'private key')).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringContaining(`chmod 600 ${file}`),
    })
  })

  test('a key of root that other users may read is rejected, and the message names the right mode', async () => {
    const file = await keyFile(0o644)
    await expect(readServiceFile(file, 'private key')).rejects.toThrow(`chmod 640 ${file}`)
  })
})
