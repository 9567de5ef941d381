import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { readField } from '@holdfast/agent/redis/replies'
import { startStandaloneRedis, TEST_USERS } from '@holdfast/testing'
import { dataHostsOf, exampleOn, exampleSite } from '@holdfast/testing/hosts/example-site'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { createRedisStore } from '@holdfast/tokens'
import { storeOptionsFromEnvironment } from '@holdfast/tokens/environment'
import { Connection } from '@holdfast/tokens/redis'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { environmentValue, shellValue, wordOf } from '../../src/render/formats.ts'
import { renderSite } from '../../src/render/render-site.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import { unwritable } from '../../src/secrets/writable.ts'
import { BootedHost } from './booted/booted-host.ts'
import { missingToBoot } from './booted/requirements.ts'

const NETWORK = await leaseNetwork()

const missing = await missingToBoot()
if (missing !== null) console.warn(`The environment files were not read by systemd: ${missing}`)

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
const BEYOND_ASCII = 'üß€—漢字😀'
const without = (characters: string) => [...PRINTABLE].filter((one) => !characters.includes(one)).join('')

/** Each password contains every character that its file allows. All passwords are different. */
const SECRETS: Secrets = {
  ...FIXED_SECRETS,
  admin: `a${PRINTABLE}${BEYOND_ASCII}`,
  replica: `r${PRINTABLE}${BEYOND_ASCII} `,
  sentinel: `s${without(' "\'')}${BEYOND_ASCII}`,
  peer: `p${without(' "\'')}${BEYOND_ASCII}`,
  sentinelAdmin: `b${PRINTABLE}${BEYOND_ASCII}`,
  app: `${without("'\\")}${BEYOND_ASCII} `,
  sentinelApp: `$(id)\`id\`#${without("'\\")}${BEYOND_ASCII}`,
  platform: `x${without(' "\'\\#;')}${BEYOND_ASCII}`,
}

let folder: string

beforeAll(async () => {
  folder = await makeTempFolder()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('a data centre starts, restarts and accepts an application with passwords of every allowed character', async () => {
  const site = exampleOn(NETWORK, { transport: 'plain' })
  expect(unwritable(SECRETS, site.profile)).toEqual([])
  const hosts = dataHostsOf(NETWORK)
  const group = await RenderedGroup.place({
    files: renderSite(site, () => SECRETS),
    folder,
    hosts,
    others: ['dc1-app-1'],
    cliArgs: (_, service) => [
      ...['--user', 'admin', '--pass'],
      service === 'redis' ? SECRETS.admin : SECRETS.sentinelAdmin,
    ],
  })
  onTestFinished(() => group.processes.killAll())
  group.start()
  await group.quickenSentinels()
  await group.agreesOn('dc1-data-1', `${NETWORK}.11`, 2, 60_000)
  // By now, Sentinel and Redis have rewritten their files.
  for (const { name } of hosts) {
    for (const service of ['redis', 'sentinel']) await group.processes.kill(`${name} ${service}`)
  }
  group.start()
  await group.quickenSentinels()
  await group.agreesOn('dc1-data-1', `${NETWORK}.11`, 2, 60_000)

  await group.ask('dc1-data-1', `${NETWORK}.11`, 'redis', ['SET', 'hf:mark', SECRETS.mark])
  const file = await readFile(group.pathOn('dc1-app-1', '/etc/holdfast/holdfast.env'), 'utf8')
  const store = createRedisStore(storeOptionsFromEnvironment(parseEnv(file)))
  onTestFinished(() => store.close())
  await store.ready()
  const { token } = await store.issue({ subject: 'ada', claims: {} })
  expect(await store.verify(token)).toMatchObject({ status: 'active', subject: 'ada' })
}, 240_000)

/** Texts that often break quoting. */
const tricky = fc.constantFrom(
  '$(id)',
  '`id`',
  '$HOME',
  '\\',
  "'",
  '"',
  '#',
  ' ',
  ' #',
  ';',
  '&',
  '%h',
  '\\n',
  '!!',
  '=',
  'ü',
  '😀',
)
const password = fc
  .array(fc.oneof(tricky, fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 })), {
    minLength: 2,
    maxLength: 12,
  })
  .map((parts) => parts.join(''))
  .filter((text) => text.length >= 16)

// INV-SITE-6.
describe('Random passwords', () => {
  it('Redis reads the exact password from redis.conf, or rendering rejects it', async () => {
    await fc.assert(
      fc.asyncProperty(password, async (replica) => {
        expect(unwritable({ ...FIXED_SECRETS, replica }, 'hardened')).toEqual([])
        const redis = await startStandaloneRedis({ redisConfig: `masterauth ${wordOf(replica)}\n` })
        try {
          const own = await Connection.open({ address: redis.server.ownAddress, ...TEST_USERS.admin })
          const config = await own.send(['CONFIG', 'GET', 'masterauth'], 5000)
          own.close()
          expect(readField(config, 'masterauth')).toBe(replica)
        } finally {
          await redis.stop()
        }
      }),
      { numRuns: 8 },
    )
  }, 120_000)

  /** Hundreds of passwords in one file. Node reads `holdfast.env` too, so that file rejects some. */
  const holdfastEnv = () => {
    const fits = (app: string) => unwritable({ ...FIXED_SECRETS, app }, 'hardened').length === 0
    return { passwords: fc.sample(password, 400).filter(fits), quote: environmentValue }
  }
  const platformEnv = () => ({ passwords: fc.sample(password, 400), quote: shellValue })

  const writeFileOf = async (passwords: string[], quote: (value: string) => string) => {
    const file = join(folder, `${quote.name}.env`)
    await writeFile(file, passwords.map((value, index) => `HF_${index}=${quote(value)}\n`).join(''))
    return file
  }

  const readIn = (environment: string) => {
    const read = Object.fromEntries(
      environment.split('\0').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]),
    )
    return (passwords: string[]) => passwords.map((_, index) => read[`HF_${index}`])
  }

  const SHELL = ['/bin/sh', '-c', 'set -a; . "$0"; exec env -0']
  const NODE = 'process.stdout.write(Object.entries(process.env).map((pair) => pair.join("=")).join("\\0"))'

  const outputOf = async ([program = '', ...args]: string[]) =>
    (await promisify(execFile)(program, args, { env: {}, maxBuffer: 10_000_000 })).stdout

  it.each([
    ['holdfast.env', holdfastEnv],
    ['itential/platform.env', platformEnv],
  ])('a shell reads the exact password from %s, or rendering rejects it', async (_, some) => {
    const { passwords, quote } = some()
    expect(passwords.length).toBeGreaterThan(20)
    const file = await writeFileOf(passwords, quote)
    expect(readIn(await outputOf([...SHELL, file]))(passwords)).toEqual(passwords)
  })

  it('Node reads the exact password from holdfast.env, or rendering rejects it', async () => {
    const { passwords, quote } = holdfastEnv()
    const file = await writeFileOf(passwords, quote)
    const read = readIn(await outputOf([process.execPath, `--env-file=${file}`, '--eval', NODE]))
    expect(read(passwords)).toEqual(passwords)
  })

  it.runIf(missing === null)(
    'systemd reads the exact passwords from holdfast.env and itential/platform.env, or rendering rejects them',
    async () => {
      const host = await BootedHost.boot({ name: 'env', address: '10.20.0.98' }, join(folder, 'root'))
      onTestFinished(() => host.end())
      for (const { passwords, quote } of [holdfastEnv(), platformEnv()]) {
        const { name } = quote
        await host.write(`/etc/${name}.env`, await readFile(await writeFileOf(passwords, quote), 'utf8'))
        const service = `[Service]\nType=oneshot\nEnvironmentFile=/etc/${name}.env\nExecStart=/bin/sh -c 'exec env -0 >/etc/${name}.out'\n`
        await host.write(`/etc/systemd/system/${name}.service`, service)
        await host.run('systemctl', 'daemon-reload')
        await host.run('systemctl', 'start', `${name}.service`)
        const read = readIn(await readFile(host.path(`/etc/${name}.out`), 'utf8'))
        expect(read(passwords)).toEqual(passwords)
      }
    },
    120_000,
  )
})

describe('Passwords that a file cannot contain', () => {
  it.each([
    ['sentinel', 'with blanks in the middle of it', 'sentinel.conf', 'blanks'],
    ['peer', "it's-single-quoted-and-long", 'sentinel.conf', 'single quotes'],
    ['peer', '"wholly-quoted-and-quite-long"', 'sentinel.conf', 'double quotes'],
    ['sentinel', 'a-tab\t-in-the-middle-of-it', 'sentinel.conf', 'control characters'],
    ['replica', 'first-line\nrequirepass second-line', 'redis.conf', 'control characters'],
    ['replica', 'a-nul-character-\0-in-the-middle', 'redis.conf', 'control characters'],
    ['app', "it's-single-quoted-and-long", 'holdfast.env', 'single quotes'],
    ['sentinelApp', 'back\\slash-in-the-middle-of-it', 'holdfast.env', 'backslashes'],
    ['platform', 'number#sign-in-the-middle-of-it', 'itential/platform.properties', '#'],
  ] as const)(
    'renderSite rejects the password of %s %j in %s, and the message does not show it',
    (user, text, file, characters) => {
      const site = exampleSite({ transport: 'plain' })
      const refusal = expect.stringMatching(
        new RegExp(
          `^The secrets of dc1 cannot be used\\. The password \`${user}\` cannot be written to ${file}, .*${characters}`,
        ),
      )
      const render = () => renderSite(site, () => ({ ...FIXED_SECRETS, [user]: text }))
      expect(render).toThrow(expect.objectContaining({ code: 'SECRETS_UNUSABLE', message: refusal }))
      expect(render).not.toThrow(text)
    },
  )

  it('the single password of the profile as-documented is checked for every file that contains it', () => {
    const secrets = { ...FIXED_SECRETS, admin: 'with blanks in the middle of it' }
    expect(unwritable(secrets, 'hardened')).toEqual([])
    expect(unwritable(secrets, 'as-documented')).toEqual([
      expect.stringContaining('sentinel.conf'),
      expect.stringContaining('platform.properties'),
    ])
  })
})
