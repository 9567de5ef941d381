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

test('the key of a host is read when its owner alone may read it', async () => {
  expect(await readServiceFile(await keyFile(0o600), 'private key')).toBe('the key')
})

test.each([0o644, 0o604, 0o660])('a key of mode %o is refused', async (mode) => {
  await expect(readServiceFile(await keyFile(mode), 'private key')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
  })
})

test('a secret is the one line of its file', async () => {
  const file = await keyFile(0o600)
  await writeFile(file, 'may only read\n')
  expect(await readSecretLine(file, 'client secret')).toBe('may only read')
  for (const text of ['', '\n', 'two\nlines\n']) {
    await writeFile(file, text)
    await expect(readSecretLine(file, 'client secret')).rejects.toThrow(
      `The client secret must be the one line of ${file}`,
    )
  }
})

// Only root can give a file to somebody.
describe.skipIf(process.getuid?.() !== 0)('a key that its group may read (by root)', () => {
  test('is read when it belongs to root: the services of a host share it so', async () => {
    expect(await readServiceFile(await keyFile(0o640), 'private key')).toBe('the key')
  })

  test('is refused when it belongs to anybody else', async () => {
    const file = await keyFile(0o640)
    await chown(file, 12_345, 12_345)
    await expect(readServiceFile(file, 'private key')).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringContaining(`chmod 600 ${file}`),
    })
  })

  test('is refused when others may read it, too, and told what root may do', async () => {
    const file = await keyFile(0o644)
    await expect(readServiceFile(file, 'private key')).rejects.toThrow(`chmod 640 ${file}`)
  })
})
