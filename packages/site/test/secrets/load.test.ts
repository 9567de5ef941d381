import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SecretsPlace } from '../../src/file/site.ts'
import { seeFolder } from '../../src/secrets/folder-place.ts'
import { loadSecrets } from '../../src/secrets/load.ts'
import { generateSecrets, SECRET_NAMES } from '../../src/secrets/secrets.ts'

let base: string
let number = 0

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'hf-secrets-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

/** A folder that no other test uses. */
const freshPlace = () => {
  number += 1
  return { kind: 'file', path: `place-${number}/dc1` } as const
}
const fileOf = ({ path }: { path: string }) => join(base, path, 'secrets.json')

async function madePlace() {
  const place = freshPlace()
  const secrets = await loadSecrets(place, base, { createFor: 'dc1' })
  return { place, secrets, folder: join(base, place.path), file: fileOf(place) }
}

const failure = (place: SecretsPlace) =>
  loadSecrets(place, base).then(
    () => null,
    (error: unknown) => error as Error & { code: string },
  )

describe('Secrets in a folder', () => {
  it('an empty folder gets new secrets once, which only their owner can read', async () => {
    const { place, secrets, folder, file } = await madePlace()
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['.gitignore', 'secrets.json'])
    expect(await loadSecrets(place, base)).toEqual(secrets)
    expect(await loadSecrets(place, base, { createFor: 'dc1' })).toEqual(secrets)
    expect(Buffer.from(secrets.admin, 'base64url')).toHaveLength(32)
  })

  it('concurrent creators of secrets in one folder get the same secrets', async () => {
    const place = freshPlace()
    const create = () => loadSecrets(place, base, { createFor: 'dc1' })
    const made = await Promise.all([create(), create(), create()])
    const kept = await loadSecrets(place, base)
    expect(made).toEqual([kept, kept, kept])
  })

  it('an empty folder gets no secrets without `createFor`', async () => {
    expect(await failure(freshPlace())).toMatchObject({ code: 'SECRETS_MISSING' })
  })

  it('a folder or file that other users can read is rejected, and the message gives the command that fixes it', async () => {
    const { place, file, folder } = await madePlace()
    await chmod(file, 0o640)
    expect(await failure(place)).toMatchObject({
      code: 'SECRETS_UNUSABLE',
      message: expect.stringContaining(`chmod 0600 ${file}`),
    })
    await chmod(file, 0o600)
    await chmod(folder, 0o755)
    expect((await failure(place))?.message).toContain(`chmod 0700 ${folder}`)
  })

  it('a folder and a file of another user are reported', async () => {
    const { folder } = await madePlace()
    const { open } = await seeFolder(folder, 4711)
    expect(open).toHaveLength(2)
    expect(open[0]).toContain('belongs to another user')
  })

  it('a secrets file that is a symbolic link is rejected', async () => {
    const { file } = await madePlace()
    const place = freshPlace()
    await mkdir(join(base, place.path), { recursive: true, mode: 0o700 })
    await symlink(file, fileOf(place))
    expect((await failure(place))?.message).toContain('symbolic link')
  })

  it.each([
    ['text that is not JSON', 'hunter2hunter2hunter2', 'is not JSON'],
    ['missing secrets', JSON.stringify({ admin: 'hunter2hunter2hunter2' }), '`replica`'],
    ['a short password', JSON.stringify({ ...generateSecrets('dc1'), admin: 'hunter2' }), '`admin`'],
    ['a file that is too long', `"${'hunter2'.repeat(10_000)}"`, 'longer than'],
  ])('a folder with %s is rejected, and the message shows no secret', async (_, text, words) => {
    const { place, file } = await madePlace()
    await writeFile(file, text)
    const error = await failure(place)
    expect(error).toMatchObject({ code: 'SECRETS_UNUSABLE' })
    expect(error?.message).toContain(words)
    expect(JSON.stringify(error) + error?.stack).not.toContain('hunter2')
  })
})

describe('Secrets in the environment', () => {
  const place = { kind: 'environment', prefix: 'DC1' } as const
  const variable = (name: string) => `DC1_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

  it('loadSecrets reads secrets from variables with the prefix', async () => {
    const secrets = generateSecrets('dc1')
    for (const name of SECRET_NAMES) {
      const value = secrets[name]
      vi.stubEnv(variable(name), typeof value === 'string' ? value : JSON.stringify(value))
    }
    expect(process.env['DC1_SENTINEL_ADMIN']).toBe(secrets.sentinelAdmin)
    expect(await loadSecrets(place, base)).toEqual(secrets)
  })

  it('the message names missing and invalid variables, and never shows a value', async () => {
    expect(await failure(place)).toMatchObject({ code: 'SECRETS_MISSING' })
    vi.stubEnv('DC1_ADMIN', 'hunter2')
    vi.stubEnv('DC1_KEYRING', '{hunter2')
    const error = await failure(place)
    expect(error?.message).toMatch(/`DC1_ADMIN`, .*`DC1_SENTINEL_APP`, .*`DC1_KEYRING`/)
    expect(error?.message).not.toContain('hunter2')
  })
})

describe('Secrets in a systemd credential', () => {
  const place = { kind: 'credentials' } as const

  it('loadSecrets reads the credential in CREDENTIALS_DIRECTORY', async () => {
    const secrets = generateSecrets('dc1')
    await writeFile(join(base, 'holdfast-secrets.json'), JSON.stringify(secrets))
    vi.stubEnv('CREDENTIALS_DIRECTORY', base)
    expect(await loadSecrets(place, '/')).toEqual(secrets)
  })

  it('loadSecrets throws SECRETS_MISSING outside a systemd unit', async () => {
    vi.stubEnv('CREDENTIALS_DIRECTORY', '')
    expect(await failure(place)).toMatchObject({ code: 'SECRETS_MISSING' })
  })
})
