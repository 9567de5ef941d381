import { chmod, chown, mkdir, open as openFile, symlink, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { readSecretLine, readServiceFile } from '../../src/files/private.ts'
import { isUnmapped } from '../../src/files/replaceable.ts'
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

  test('a key of another user is rejected, unless root reads it', async () => {
    const file = await keyFile(0o600)
    await chown(file, 12_345, 12_345)
    expect(await readServiceFile(file, 'private key')).toBe('the key')
    using _own = vi.spyOn(process, 'geteuid').mockReturnValue(23_456)
    await expect(readServiceFile(file, 'private key')).rejects.toThrow(/\(uid 12345\); run `chown 23456 /)
  })

  test('a key of root that other users may read is rejected, and the message names the right mode', async () => {
    const file = await keyFile(0o644)
    await expect(readServiceFile(file, 'private key')).rejects.toThrow(`chmod 640 ${file}`)
  })
})

describe('the folder of a secret', () => {
  test('is refused when other users can write to it, unless it is sticky', async () => {
    const file = await keyFile(0o600)
    const folder = path.dirname(file)
    await chmod(folder, 0o777)
    await expect(readServiceFile(file, 'private key')).rejects.toThrow(`run \`chmod go-w ${folder}\``)
    await chmod(folder, 0o1777)
    expect(await readServiceFile(file, 'private key')).toBe('the key')
  })

  test('may be writable by the own group of this process, as with a umask of 002', async () => {
    const file = await keyFile(0o600)
    await chmod(path.dirname(file), 0o775)
    expect(await readServiceFile(file, 'private key')).toBe('the key')
  })

  test.skipIf(process.getuid?.() !== 0)('is refused when another group can write to it', async () => {
    const file = await keyFile(0o600)
    const folder = path.dirname(file)
    await chown(folder, 0, 12_345)
    await chmod(folder, 0o775)
    await expect(readServiceFile(file, 'private key')).rejects.toThrow(`run \`chmod g-w ${folder}\``)
    // A file of a service and of its group, which root reads for it.
    await chown(file, 12_345, 12_345)
    expect(await readServiceFile(file, 'private key')).toBe('the key')
  })

  test.skipIf(process.platform !== 'linux')('does not matter for a pipe, which is in no folder', async () => {
    const file = await keyFile(0o600)
    await using open = await openFile(file)
    await unlink(file)
    expect(await readServiceFile(`/proc/self/fd/${open.fd}`, 'private key')).toBe('the key')
  })

  test('is checked at the link and at its target, as in a volume of Kubernetes', async () => {
    const folder = await temporaryFolder()
    await mkdir(path.join(folder, '..2026'))
    await writeFile(path.join(folder, '..2026', 'key'), 'the key', { mode: 0o440 })
    await symlink('..2026', path.join(folder, '..data'))
    await symlink(path.join('..data', 'key'), path.join(folder, 'key'))
    await chmod(path.join(folder, '..2026', 'key'), 0o400)
    expect(await readServiceFile(path.join(folder, 'key'), 'private key')).toBe('the key')
    await chmod(path.join(folder, '..2026'), 0o777)
    await expect(readServiceFile(path.join(folder, 'key'), 'private key')).rejects.toThrow(
      /is writable by other users/,
    )
  })

  test.skipIf(process.getuid?.() !== 0)(
    'is refused when a user owns it who owns neither the file nor this process',
    async () => {
      const file = await keyFile(0o600)
      await chown(path.dirname(file), 12_345, 12_345)
      await expect(readServiceFile(file, 'private key')).rejects.toThrow(
        /belongs to another user \(uid 12345\)/,
      )
      // A service's own file in its own folder, which root reads for it.
      await chown(file, 12_345, 12_345)
      expect(await readServiceFile(file, 'private key')).toBe('the key')
    },
  )
})

test.each([
  ['a host', '         0          0 4294967295\n', 65_534, false],
  [
    'a container without root',
    '         0       1000          1\n         1     100000      65536\n',
    65_534,
    true,
  ],
  ['a container without root', '         0       1000          1\n', 12_345, false],
  ['another system', '', 65_534, false],
])('on %s with the map of users %j, user %i does not exist: %s', (_where, map, uid, expected) => {
  expect(isUnmapped(uid, map)).toBe(expected)
})
