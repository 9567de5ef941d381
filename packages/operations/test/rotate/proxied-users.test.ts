import { openLocal } from '@holdfast/local/state/open'
import { loadSite } from '@holdfast/site/check/check-site'
import { proxyPassword } from '@holdfast/site/render/derived-secrets'
import { renderSite } from '@holdfast/site/render/render-site'
import { redisAddress } from '@holdfast/site/topology/topology'
import { leaseNetwork } from '@holdfast/testing/leases'
import { Connection } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { examine } from '../../src/doctor/examine.ts'
import { rotatePasswords } from '../../src/rotate/passwords/rotate-passwords.ts'
import { Sited } from '../support/sited.ts'

const NETWORK = await leaseNetwork()
let sited: Sited

beforeAll(async () => {
  sited = await Sited.start({
    network: NETWORK,
    more: 'proxy: { users: { web: { keys: ["sess:*"] } } }',
    hosts: [
      ...[1, 2, 3].map((n) => `{ name: data-${n}, address: ${NETWORK}.1${n}, runs: [redis, sentinel] }`),
      ...[1, 2, 3, 4].map((n) => `{ name: gateway-${n}, address: ${NETWORK}.2${n}, runs: [gateway] }`),
      `{ name: php-1, address: ${NETWORK}.61, runs: [proxy] }`,
    ],
  })
  await sited.dc.untilHealthy()
}, 90_000)

afterAll(() => sited?.remove())

/** What each Redis answers to the user `web` with this password: null, or the code of the error. */
async function loginsOf(password: string): Promise<(string | null)[]> {
  const { tls } = await openLocal(sited.dc.stateDir)
  return Promise.all(
    sited.dc.topology.dataHosts.map(async (host) => {
      const access = { username: 'web', password, ...(tls && { tls }), connectTimeoutMs: 15_000 }
      try {
        ;(await Connection.open({ address: redisAddress(host), ...access })).close()
        return null
      } catch (error) {
        return (error as { code: string }).code
      }
    }),
  )
}

const ACCEPTED = [null, null, null]
const REFUSED = ['AUTH_FAILED', 'AUTH_FAILED', 'AUTH_FAILED']

const found = async (check: string) =>
  (await examine(sited.place)).findings.filter((finding) => finding.check === check)

/** Sends a command as the admin to each Redis, and saves its users. */
async function onEachRedis(...command: string[]): Promise<void> {
  const { tls, secrets } = await openLocal(sited.dc.stateDir)
  const access = { username: 'admin', password: secrets.admin, ...(tls && { tls }), connectTimeoutMs: 15_000 }
  for (const host of sited.dc.topology.dataHosts) {
    const connection = await Connection.open({ address: redisAddress(host), ...access })
    await connection.send(command, 3000)
    await connection.send(['ACL', 'SAVE'], 3000)
    connection.close()
  }
}

it('the doctor finds a proxied user that is missing, and one that lacks a right which the records need', async () => {
  const subjects = [1, 2, 3].map((n) => `redis@data-${n}, user web`)
  expect(await found('user-missing-or-widened')).toMatchObject(
    subjects.map((subject) => ({ subject, fix: { kind: 'user', on: 'redis', user: 'web' } })),
  )
  const secrets = await sited.secrets()
  const site = await loadSite(sited.place.siteFile)
  const users =
    renderSite(site, () => secrets).find(({ path }) => path.endsWith('data-1/users.acl'))?.text ?? ''
  const [, ...rules] = users.match(/^user web .*$/m)?.[0].split(' ') ?? []
  await onEachRedis('ACL', 'SETUSER', ...rules)
  expect(await found('user-missing-or-widened')).toEqual([])
  expect(await found('wrong-password')).toEqual([])
  expect(await loginsOf(proxyPassword(secrets, 'web'))).toEqual(ACCEPTED)
  await onEachRedis('ACL', 'SETUSER', 'web', '-wait')
  expect(await found('user-missing-or-widened')).toMatchObject(
    subjects.map((subject) => ({ subject, evidence: 'Compared with the plan, it lacks +wait.' })),
  )
  await onEachRedis('ACL', 'SETUSER', 'web', '+wait')
}, 60_000)

it('the doctor finds a proxy that is not connected to the primary, and does not ask one on another machine', async () => {
  expect(await found('proxy-not-connected')).toMatchObject([
    {
      subject: 'php-1',
      evidence: expect.stringContaining(`has no connection of a proxy from ${NETWORK}.61`),
    },
  ])
}, 30_000)

it('a rotation of a proxied user keeps its old password until the second stage', async () => {
  const old = proxyPassword(await sited.secrets(), 'web')
  const begun = await rotatePasswords({ ...sited.place, users: ['proxy:web'], stage: 'begin' })
  expect(begun).toMatchObject({ state: 'waiting', users: ['proxy:web'] })
  expect(begun.others.map(({ who }) => who).join()).toContain('log in as "web"')
  expect(begun.hosts.find(({ host }) => host === 'php-1')?.files).toMatchObject([
    { from: 'dc1/php-1/redis-clients/web.env' },
  ])
  const fresh = await sited.secrets()
  expect(fresh.proxyUsers?.['web']).not.toBe(old)
  expect(fresh.rotatedAt?.['proxy:web']).toBeDefined()
  for (const password of [old, proxyPassword(fresh, 'web')])
    expect(await loginsOf(password)).toEqual(ACCEPTED)
  const ended = await rotatePasswords({ ...sited.place, stage: 'finish' })
  expect(ended).toMatchObject({ state: 'done' })
  expect(await loginsOf(old)).toEqual(REFUSED)
  expect(await loginsOf(proxyPassword(fresh, 'web'))).toEqual(ACCEPTED)
}, 60_000)

it('a rotation of a user that the file does not name is refused, with the names that exist', async () => {
  await expect(rotatePasswords({ ...sited.place, users: ['proxy:nobody'] })).rejects.toThrow(
    /No password is called "proxy:nobody"\. There are admin, .*proxy:web/,
  )
}, 30_000)
