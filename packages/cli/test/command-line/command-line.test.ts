import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RENDERED_BY, version } from '@holdfast/site/version'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Sandbox } from '../holdfast.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

describe('a wrong command line prints one sentence and exits with 2:', () => {
  it.each<[string, string[], string]>([
    ['an unknown command', ['upp'], "Unknown command 'upp'. Did you mean up?"],
    ['an unknown option', ['up', '--netwerk', 'x'], "Unknown option '--netwerk'. Did you mean --network?"],
    ['too many words', ['down', 'now'], 'Too many arguments'],
    ['a missing value', ['drill', '--users'], "Option '--users <number>' argument missing."],
    ['a missing option', ['gateway'], "Required option '--config <file>' not specified."],
    ['a missing name', ['users', 'add'], "Missing required argument 'user'."],
    ['a bad word', ['up', '--timings', 'slow'], '--timings must be one of fast, reference, got "slow".'],
    ['a bad number', ['drill', '--rate', '1e9'], '--rate must be a whole number from 1 to 2000, got "1e9".'],
    [
      'a bad fault',
      ['drill', '--kill', 'everything'],
      '--kill must be one of primary, replica, gateway, sentinel',
    ],
    ['a rehearsal of one fault', ['drill', '--all', '--kill', 'primary'], 'Give one fault, or a rehearsal'],
    ['a rehearsal again', ['drill', '--all', '--repeat', '2'], 'Give --all or --repeat, not both'],
    ['a report nowhere', ['drill', '--report', '/nowhere/x.html'], '--report cannot write /nowhere/x.html'],
    [
      'a duration of an instant',
      ['drill', '--switchover', '--duration', '1000'],
      '`lastsMs` is not supported for switch-over',
    ],
    ['two faults', ['drill', '--kill', 'primary', '--pause', 'replica'], 'A drill injects one fault'],
    ['a backup to nowhere', ['backup'], "Required option '--to <file>' not specified."],
    ['a restore of nothing', ['restore'], "Missing required argument 'file'."],
    [
      'two locks',
      ['backup', '--to', 'x', '--recipient', 'age1x', '--passphrase-file', 'y'],
      'Give --recipient or --passphrase-file, not both.',
    ],
    ['two data centres', ['status', '--file', 'x', '--name', 'y'], 'Give --file, or --name and --state-dir'],
    ['a data centre of no file', ['doctor', '--data-centre', 'x'], 'need --file'],
    ['a certificate of no file', ['doctor', '--client-cert', 'x'], 'need --file'],
    [
      'a restart command for the supervisor',
      ['upgrade', '--restart-command', 'x'],
      '--restart-command needs --file',
    ],
    ['an unknown shell', ['completion', 'tcsh'], 'The shell must be one of bash, zsh, fish, got "tcsh".'],
    ['no sessions', ['sessions', 'revoke', '--yes'], 'give one of an id, --subject and --all.'],
    ['sessions of two kinds', ['sessions', 'revoke', '--all', '--subject', 'ada'], 'give one of an id,'],
    [
      'no terminal',
      ['sessions', 'revoke', '--all'],
      'A confirmation needs a terminal: without one, use --yes',
    ],
    ['no passphrase', ['backup', '--to', 'x'], 'No passphrase on standard input'],
    ['a bad network', ['up', '--network', '300.1.1'], '`network` must be the first three numbers'],
    ['a bad name', ['up', '--detach', '--name', 'A B'], '`name` must be 1 to 32 characters of a-z'],
    ['two hosts', ['up', '--hosts', '127.0.70.1,127.0.70.2'], '`hosts` must be three addresses'],
    ['a bad gateway', ['up', '--gateways', '127.0.70.1:99999'], '`gateways` must be an address'],
  ])('%s', async (_, args, sentence) => {
    const ended = await sandbox.run(args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(sentence)
    expect(ended.stderr).toMatch(/^Error: .*\n$/)
  })
})

describe('a command that fails prints one sentence:', () => {
  it.each<[string, string[], number, string]>([
    ['status of nothing', ['status', '--name', 'nobody'], 3, 'There is no data centre in'],
    ['a doctor of nothing', ['doctor', '--name', 'nobody'], 3, 'There is no data centre in'],
    ['a drill of nothing', ['drill', '--name', 'nobody'], 3, 'There is no data centre in'],
    ['sessions of no data centre', ['sessions', 'list', '--name', 'nobody'], 3, 'There is no data centre in'],
    ['down of nothing', ['down', '--name', 'nobody'], 3, 'There is no data centre in'],
    ['a gateway without its file', ['gateway', '--config', '/nowhere'], 1, '/nowhere does not exist'],
    ['users of nothing', ['users', 'list', '--name', 'nobody'], 1, 'users.json does not exist'],
    [
      'an address elsewhere',
      ['up', '--network', '192.0.2'],
      1,
      '192.0.2.11 is not an address of this machine.',
    ],
    ['a folder of others', ['up', '--state-dir', '/etc'], 1, '/etc holds other files'],
  ])('%s', async (_, args, code, sentence) => {
    const ended = await sandbox.run(args)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(sentence)
    expect(ended.stderr).toMatch(/^Error: .*\n$/)
  })
})

it('the command line shows a stack trace only when asked', async () => {
  const plain = await sandbox.run(['status', '--name', 'nobody'])
  const traced = await sandbox.run(['status', '--name', 'nobody', '--debug'])
  expect(plain.stderr).not.toContain('    at ')
  expect(traced.stderr).toContain('    at ')
})

it('the command line warns when another version rendered the files of the host', async () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv(RENDERED_BY, version())
  expect(await sandbox.run(['--version'])).toMatchObject({ code: 0, stderr: '' })
  vi.stubEnv(RENDERED_BY, '99.0.0')
  expect(await sandbox.run(['--version'])).toMatchObject({
    code: 0,
    stdout: `${version()}\n`,
    stderr: expect.stringMatching(
      /^Warning: This host has Holdfast \S+, but Holdfast 99\.0\.0 rendered its files\. .*\n$/,
    ),
  })
})

it('the command line prints help and version, and the help without a command', async () => {
  expect(await sandbox.run(['--version'])).toMatchObject({ code: 0, stdout: `${version()}\n` })
  const help = await sandbox.run(['--help'])
  expect(help.code).toBe(0)
  for (const name of [
    'up',
    'status',
    'drill',
    'backup',
    'restore',
    'down',
    'sessions',
    'users',
    'ca',
    'gateway',
  ]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  }
  expect(help.stdout).not.toContain('--background')
  expect((await sandbox.run([])).code).toBe(2)
})

it('the command line adds users from standard input, never shows a password, and keeps the file to its owner', async () => {
  const file = join(sandbox.folder, 'users.json')
  const add = (name: string, input: string) =>
    sandbox.run(['users', 'add', name, '--users-file', file], input)
  expect(await add('ada', 'first secret\n')).toMatchObject({ code: 0, stdout: `Added ada to ${file}.\n` })
  const again = await add('ada', 'first secret\n')
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('already has a user "ada"')
  expect(again.stderr).not.toContain('secret')
  expect((await add('bob', '')).stderr).toContain('No password on standard input')
  expect((await add('b b', 'x\n')).stderr).toContain('cannot be a user')
  const listed = await sandbox.run(['users', 'list', '--users-file', file])
  expect(listed.stdout).toContain('ada')
  expect(listed.stdout).not.toContain('argon2')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

it('the command line sets initial passwords, says by when the user must change them, and lists them', async () => {
  const file = join(sandbox.folder, 'initial.json')
  const users = (args: string[], input?: string) =>
    sandbox.run(['users', ...args, '--users-file', file], input)
  const added = await users(['add', 'ada', '--temporary'], 'first secret\n')
  expect(added).toMatchObject({
    code: 0,
    stdout: `Added ada to ${file}. The user must change the password at the first login, within 7 days.\n`,
  })
  expect((await users(['list'])).stdout).toMatch(/ada +initial password until \d{4}-\d\d-\d\d/)
  const later = (await readFile(file, 'utf8')).replace(
    /"temporaryUntil": ".*"/,
    '"temporaryUntil": "2020-01-01T00:00:00Z"',
  )
  await writeFile(file, later)
  expect((await users(['list'])).stdout).toContain('initial password expired')
  expect(await users(['passwd', 'ada'], 'another secret\n')).toMatchObject({ code: 0 })
  expect((await users(['list'])).stdout).toMatch(/ada +active/)
})

it('the command line changes the users of a file, and says that their sessions stay active', async () => {
  const file = join(sandbox.folder, 'more-users.json')
  const users = (args: string[], input?: string) =>
    sandbox.run(['users', ...args, '--users-file', file], input)
  const profile = ['--full-name', 'Ada Lovelace', '--email', 'ada@example.org', '--groups', 'staff, engines']
  expect(await users(['add', 'ada', ...profile], 'first secret\n')).toMatchObject({ code: 0 })
  expect((await users(['list'])).stdout).toMatch(
    /USER +STATE +NAME +E-MAIL +GROUPS\n +ada +active +Ada Lovelace +ada@example\.org +staff, engines/,
  )
  const before = await readFile(file, 'utf8')
  const short = await users(['passwd', 'ada', '--password-stdin'], 'short\n')
  expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('12 to 1024 characters') })
  expect(await readFile(file, 'utf8')).toBe(before)
  const changed = await users(['passwd', 'ada', '--password-stdin'], 'another secret\n')
  expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining('ada has a new password.') })
  expect(changed.stdout).toContain('holdfast sessions revoke --subject ada')
  expect(await readFile(file, 'utf8')).not.toBe(before)

  expect(await users(['disable', 'ada', '--keep-sessions'])).toMatchObject({
    code: 0,
    stdout: 'ada can no longer log in. Open sessions stay active.\n',
  })
  expect(await users(['enable', 'ada'])).toMatchObject({ code: 0, stdout: 'ada can log in.\n' })
  expect(await users(['disable', 'bob'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has no user "bob"'),
  })
  expect((await users(['remove', 'ada'])).stdout).toContain(`Removed ada from ${file}.`)
  expect(await users(['remove', 'ada'])).toMatchObject({ code: 1, stdout: '' })
}, 240_000)

it('the command line stops silently when the reader of its pipe exits, as `head` does', async () => {
  const command = sandbox.spawn('completion', 'bash')
  command.stdout?.destroy()
  let printed = ''
  command.stderr?.on('data', (text: Buffer) => {
    printed += text.toString()
  })
  await once(command, 'close')
  expect(printed).toBe('')
})
