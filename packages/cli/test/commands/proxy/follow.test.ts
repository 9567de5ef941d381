import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GroupLogin } from '@holdfast/tokens/group'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { followSecrets } from '../../../src/commands/proxy/follow.ts'

let folder: string
let file: string
let written = 'old'
const stop: AbortController[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-follow-'))
  file = join(folder, 'proxy.env')
  await write('old')
})
afterEach(async () => {
  for (const controller of stop.splice(0)) controller.abort()
  await rm(folder, { recursive: true })
})

async function write(password: string): Promise<void> {
  written = password
  await writeFile(file, `HOLDFAST_PASSWORD=${password}`)
}

/** The certificate for clients changes with the password. */
const certificateOf = (password: string) => ({ cert: `${password} certificate`, key: '' })

/** Follows the file, and returns the logins that the proxy was given. */
function follow(renew: (login: GroupLogin) => Promise<void> = async () => {}) {
  const controller = new AbortController()
  stop.push(controller)
  const given: (string | undefined)[] = []
  const shown: string[] = []
  const done = followSecrets({
    files: [file],
    read: async () => ({
      login: { username: 'app', password: written },
      certificate: certificateOf(written),
    }),
    inUse: { login: { username: 'app', password: 'old' }, certificate: certificateOf('old') },
    proxy: {
      renew: async (login) => {
        given.push(login.password)
        await renew(login)
      },
      useCertificate: ({ cert }) => {
        shown.push(cert)
      },
    },
    signal: controller.signal,
  })
  const end = () => {
    controller.abort()
    return done
  }
  return { given, shown, end }
}

it('gives the proxy a login that has changed, and no other', async () => {
  const followed = follow()
  await write('old')
  process.emit('SIGHUP')
  await write('new')
  process.emit('SIGHUP')
  await vi.waitFor(() => expect(followed.given).toEqual(['new']), 5000)
  await followed.end()
  expect(followed.given).toEqual(['new'])
  expect(followed.shown).toEqual(['new certificate'])
})

it('tries again while Redis does not accept it, and says why once', async () => {
  const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  let refusals = 2
  const followed = follow(async () => {
    refusals -= 1
    if (refusals >= 0) throw new Error('AUTH_FAILED: the Redis refuses it')
  })
  await write('new')
  await vi.waitFor(() => expect(followed.given).toHaveLength(3), 15_000)
  await followed.end()
  const said = lines.mock.calls.map(([line]) => String(line))
  lines.mockRestore()
  expect(said.filter((line) => line.includes('login-not-renewed'))).toHaveLength(1)
  expect(said.join('')).toContain('uses the new passwords')
})
