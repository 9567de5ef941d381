import { chmod, chown, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHostKey } from '../../src/files/private.ts'
import { temporaryFolder } from '../support.ts'

async function keyFile(mode: number): Promise<string> {
  const file = path.join(await temporaryFolder(), 'host-key.pem')
  await writeFile(file, 'the key')
  await chmod(file, mode)
  return file
}

test('the key of a host is read when its owner alone may read it', async () => {
  expect(await readHostKey(await keyFile(0o600), 'private key')).toBe('the key')
})

test.each([0o644, 0o604, 0o660])('a key of mode %o is refused', async (mode) => {
  await expect(readHostKey(await keyFile(mode), 'private key')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
  })
})

// Only root can give a file to somebody.
describe.skipIf(process.getuid?.() !== 0)('a key that its group may read (by root)', () => {
  test('is read when it belongs to root: the services of a host share it so', async () => {
    expect(await readHostKey(await keyFile(0o640), 'private key')).toBe('the key')
  })

  test('is refused when it belongs to anybody else', async () => {
    const file = await keyFile(0o640)
    await chown(file, 12_345, 12_345)
    await expect(readHostKey(file, 'private key')).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringContaining(`chmod 600 ${file}`),
    })
  })

  test('is refused when others may read it, too, and told what root may do', async () => {
    const file = await keyFile(0o644)
    await expect(readHostKey(file, 'private key')).rejects.toThrow(`chmod 640 ${file}`)
  })
})
