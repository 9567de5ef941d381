import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import type { BackupReport } from '@holdfast/operations/backup/backup'
import type { RestoreReport } from '@holdfast/operations/backup/restore'
import type { FoundSession, SessionList } from '@holdfast/operations/sessions/sessions'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

const NETWORK = await leaseNetwork()

const NAME = 'cli-sessions'
const ADDRESSES = [
  ['--hosts', `${NETWORK}.51,${NETWORK}.52,${NETWORK}.53`],
  ['--gateways', `${NETWORK}.61`],
  ['--balancer', `${NETWORK}.2`],
].flat()

let sandbox: Sandbox
let centre: DataCentreDescription

beforeAll(async () => {
  sandbox = await Sandbox.make()
  centre = await sandbox.json(['up', '--detach', '--name', NAME, ...ADDRESSES])
}, 240_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

const run = (...args: string[]) => sandbox.run([...args, '--name', NAME])
const json = <T>(...args: string[]) => sandbox.json<T>([...args, '--name', NAME])
const list = () => json<SessionList>('sessions', 'list')

async function logIn(): Promise<{ token: string; id: string }> {
  const response = await fetch(`${centre.balancer}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: centre.user, password: centre.password, response_type: 'token' }),
    signal: AbortSignal.timeout(30_000),
  })
  expect(response.status).toBe(200)
  const { token } = (await response.json()) as { token: string }
  const checked = await ask(token)
  return { token, id: ((await checked.json()) as { id: string }).id }
}

const ask = (token: string) =>
  fetch(`${centre.balancer}/session`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  })

it('the command line lists, shows and ends sessions by public id', async () => {
  const [one, other] = [await logIn(), await logIn()]
  expect((await list()).sessions.map(({ id }) => id).sort()).toEqual([one.id, other.id].sort())
  const shown = await run('sessions', 'list')
  expect(shown.stdout).toMatch(/ID +SUBJECT +DEVICE +BEGAN +IDLE ENDS IN +ENDS IN/)
  expect(shown.stdout).toContain(one.id)
  expect(shown.stdout).not.toContain('hf_')
  expect(await json<FoundSession>('sessions', 'show', one.id)).toMatchObject({
    state: 'live',
    subject: 'demo',
  })

  expect(await run('sessions', 'revoke', one.id)).toMatchObject({ code: 2 })
  expect((await ask(one.token)).status).toBe(200)
  const ended = await run('sessions', 'revoke', one.id, '--yes', '--reason', 'lost phone')
  expect(ended).toMatchObject({ code: 0, stdout: '1 session ended.\n', stderr: '' })
  expect((await ask(one.token)).status).toBe(401)
  expect((await ask(other.token)).status).toBe(200)
  expect((await run('sessions', 'show', one.id)).stdout).toMatch(/state +revoked/)
  const audit = await readFile(join(centre.stateDir, 'audit.log'), 'utf8')
  expect(audit).toContain(`"session":"${one.id}","subject":"demo"`)
  expect(audit).toContain('"reason":"lost phone"')
  expect(await run('sessions', 'revoke', '0000000000000000', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Error: There is no session with the public id "0000000000000000"\. .*\n$/,
    ),
  })
  expect((await run('sessions', 'revoke', '--subject', 'demo', '--yes')).stdout).toBe('1 session ended.\n')
  expect((await ask(other.token)).status).toBe(401)
  expect((await run('sessions', 'revoke', '--all', '--yes')).stdout).toBe('0 sessions ended.\n')
  expect(await list()).toMatchObject({ sessions: [], total: 0 })
}, 240_000)

it('the command line backs up and restores with a passphrase from a pipe or a private file', async () => {
  const [one, other] = [await logIn(), await logIn()]
  const file = join(sandbox.folder, 'sessions.age')
  const secret = 'four random words, or five'
  const made = await sandbox.run(['backup', '--to', file, '--name', NAME, '--json'], `${secret}\n`)
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(made.stdout) as BackupReport).toMatchObject({ dataCentre: NAME, file, sessions: 2 })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await json('sessions', 'revoke', one.id, '--yes')

  const passphraseFile = join(sandbox.folder, 'passphrase')
  await writeFile(passphraseFile, `${secret}\n`)
  await chmod(passphraseFile, 0o644)
  const open = await run('restore', file, '--passphrase-file', passphraseFile)
  expect(open).toMatchObject({ code: 1, stderr: expect.stringContaining('is accessible to other users') })
  await chmod(passphraseFile, 0o600)
  const report = await json<RestoreReport>('restore', file, '--passphrase-file', passphraseFile)
  expect(report).toMatchObject({ restored: 0, alreadyThere: 1 + 2, keptRevoked: 1 })
  expect((await ask(one.token)).status).toBe(401)
  expect((await ask(other.token)).status).toBe(200)
  const wrong = await sandbox.run(['restore', file, '--name', NAME], 'some other words\n')
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toMatch(/^Error: The backup does not open with this passphrase or identity\. .*\n$/)
  expect(made.stdout + wrong.stderr).not.toContain('words')
}, 240_000)

it('the command line ends the sessions of a user who was disabled or has a new password', async () => {
  expect(await run('sessions', 'revoke', '--all', '--yes')).toMatchObject({ code: 0 })
  const [one, other] = [await logIn(), await logIn()]
  const changed = await sandbox.run(
    ['users', 'passwd', 'demo', '--keep-sessions', '--name', NAME],
    `${centre.password}\n`,
  )
  expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining('Open sessions stay active.') })
  expect((await ask(one.token)).status).toBe(200)
  expect(await run('users', 'disable', 'demo')).toMatchObject({
    code: 0,
    stdout: 'demo can no longer log in. 2 sessions ended.\n',
  })
  expect([(await ask(one.token)).status, (await ask(other.token)).status]).toEqual([401, 401])
  expect(await run('users', 'enable', 'demo')).toMatchObject({ code: 0, stdout: 'demo can log in.\n' })
  const again = await logIn()
  expect(await json('users', 'disable', 'demo')).toEqual({
    user: 'demo',
    change: 'disabled',
    sessions: { ended: 1 },
  })
  expect((await ask(again.token)).status).toBe(401)
  expect(await run('users', 'enable', 'demo')).toMatchObject({ code: 0 })
}, 240_000)
