import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { platformPassword } from '@holdfast/site/render/derived-secrets'
import { textOf } from '@holdfast/site/render/document'
import { renderSite } from '@holdfast/site/render/render-site'
import { sentinelUsersText, usersAcl } from '@holdfast/site/render/users-acl'
import { isRoot } from '@holdfast/testing/hosts/programs'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually } from '@holdfast/testing/local/data-centre'
import { Connection, type Credentials } from '@holdfast/tokens/redis'
import { afterEach, describe, expect, it } from 'vitest'
import { readMap } from '../../src/doctor/collect/replies.ts'
import { examine } from '../../src/doctor/examine.ts'
import { examineAndFix } from '../../src/doctor/fix.ts'
import { getStatus } from '../../src/status/status.ts'
import { DescribedSet, HOSTS, type HostNumber, Writer } from '../support/described-set.ts'

const NETWORK = await leaseNetwork()

let set: DescribedSet | undefined
let writer: Writer | undefined

afterEach(async () => {
  await writer?.end()
  await set?.remove()
  set = undefined
  writer = undefined
})

/** Describes a group of Redis and Sentinels, which ends with the test. */
async function describeSet(...args: Parameters<typeof DescribedSet.describe>): Promise<DescribedSet> {
  set = await DescribedSet.describe(...args)
  return set
}

const checksIn = (findings: readonly { check: string }[]) => [...new Set(findings.map(({ check }) => check))]

/** Writes by a new connection each time, to the primary that the third Sentinel names. */
function writesTo(
  { ask, address }: Pick<DescribedSet, 'ask' | 'address'>,
  name: string,
  as: { redis: Credentials; sentinel: Credentials },
  hostOf: (named: string) => string = (named) => named,
): Writer {
  return new Writer(async () => {
    const [named] = await ask(address(3, 'sentinel'), as.sentinel, [
      'SENTINEL',
      'GET-MASTER-ADDR-BY-NAME',
      name,
    ])
    const [host = '', port] = (named as string[]).map(String)
    await ask({ host: hostOf(host), port: Number(port) }, as.redis, ['SET', 'theirs', String(Date.now())])
  })
}

/** Gives a group all that a person can give it by hand: users, passwords, the group id. The default user stays as it is. */
async function adoptByHand(
  dc: DescribedSet,
  name: string,
  as: { redis: Credentials; sentinel: Credentials },
) {
  const { secrets, site } = dc
  const setUser = (line: string) => ['ACL', 'SETUSER', ...line.split(' ').slice(1)]
  const linesOf = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('user ') && !line.startsWith('user default'))
      .map(setUser)
  for (const host of HOSTS) {
    await dc.ask(
      dc.address(host),
      as.redis,
      ...linesOf(textOf(usersAcl(secrets, site.engine, { platform: 'none', proxyUsers: {} }))),
    )
    await dc.ask(
      dc.address(host, 'sentinel'),
      as.sentinel,
      ...linesOf(sentinelUsersText(secrets, site.engine, false)),
      ['SENTINEL', 'SET', name, 'auth-user', 'sentinel', 'auth-pass', secrets.sentinel],
      ['SENTINEL', 'CONFIG', 'SET', 'sentinel-user', 'peer'],
      ['SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', secrets.peer],
    )
    await dc.ask(dc.address(host), as.redis, [
      ...['CONFIG', 'SET', 'masteruser', 'replica', 'masterauth', secrets.replica],
    ])
  }
  await dc.ask(dc.address(1), as.redis, ['SET', 'hf:mark', secrets.mark])
}

const FOREIGN = /^Holdfast did not set up this group: redis@red1 was started with /

const adminsOf = ({ secrets }: DescribedSet) => ({
  redis: { username: 'admin', password: secrets.admin },
  sentinel: { username: 'admin', password: secrets.sentinelAdmin },
})

/** Binds a process to the address of its host, also for its outgoing connections. */
const onHost = (dc: DescribedSet, host: HostNumber) =>
  `bind ${dc.address(host).host}\nbind-source-addr ${dc.address(host).host}\n`

describe('a group that was set up by the document "Shared Token Redis"', () => {
  const PASSWORD = 'S3cretPassword'
  const AS = { redis: { password: PASSWORD }, sentinel: {} }

  async function start(network: string, more?: string): Promise<DescribedSet> {
    const dc = await describeSet({ network, ...(more !== undefined && { more }) })
    await dc.start((host) => ({
      redis: `${onHost(dc, host)}requirepass "${PASSWORD}"\nmasterauth "${PASSWORD}"\n${host === 1 ? '' : `slaveof ${dc.address(1).host} 6379\n`}`,
      sentinel:
        `${onHost(dc, host)}port 26379\nsentinel monitor mymaster ${dc.address(1).host} 6379 2\n` +
        `sentinel down-after-milliseconds mymaster 10000\nsentinel failover-timeout mymaster 30000\n` +
        `sentinel auth-pass mymaster "${PASSWORD}"\n`,
    }))
    await dc.isWhole('mymaster', AS)
    return dc
  }

  it('is left alone by `status`, `doctor` and `--fix`, and no advice restarts a process that refuses the password', async () => {
    const dc = await start(await leaseNetwork())
    writer = writesTo(dc, 'mymaster', AS)
    const status = await getStatus(dc.place)
    expect([...status.redis, ...status.sentinels].map(({ reachable }) => reachable)).not.toContain(true)
    const report = await examine(dc.place)
    expect(checksIn(report.findings)).toEqual(['wrong-password'])
    expect(report.findings).toHaveLength(6)
    for (const { mend } of report.findings) {
      expect(mend).toMatch(/^Change nothing on the hosts/)
      expect(mend).not.toMatch(/kill|restart/)
    }
    const blind = report.notExamined.map(({ check }) => check)
    expect(blind).toEqual(
      expect.arrayContaining(['eviction-policy', 'default-user-on', 'no-quorum', 'two-primaries']),
    )
    expect(report.notExamined[0]?.because[0]).toMatch(/^redis@red1: /)
    const { outcomes } = await examineAndFix(dc.place)
    expect(outcomes).toEqual([])
    await writer.end(20)
    expect(writer.errors).toEqual([])
  }, 60_000)

  it('keeps its users and its memory under `doctor --fix`, although a person has given it the planned users and the group id', async () => {
    const dc = await start(
      await leaseNetwork(),
      'redis: { maxmemoryMb: 8, backlogMb: 1, replicaBufferMb: 8 }',
    )
    await adoptByHand(dc, 'mymaster', AS)
    const value = 'x'.repeat(1024 * 1024)
    await dc.ask(
      dc.address(1),
      AS.redis,
      ...Array.from({ length: 12 }, (_, n) => ['SET', `theirs:${n}`, value]),
    )
    writer = writesTo(dc, 'mymaster', AS)
    const before = await examine(dc.place)
    expect(before.notExamined).toEqual([])
    expect(before.origin).toMatchObject({ byHoldfast: false })
    const advice = (check: string) => before.findings.find((one) => one.check === check)?.mend
    expect(advice('no-memory-limit')).toMatch(
      /^Not now: With a limit of 8,388,608 bytes it would refuse logins/,
    )
    expect(advice('default-user-on')).toMatch(
      /^Not now: Clients on 127\.\d+\.\d+\..* are connected to redis@red1 as this user/,
    )
    const { outcomes, report } = await examineAndFix(dc.place)
    expect(outcomes.length).toBeGreaterThan(20)
    for (const { problem } of outcomes) expect(problem).toMatch(FOREIGN)
    expect(checksIn(report.findings)).toEqual(checksIn(before.findings))
    for (const host of HOSTS) {
      const [maxmemory] = await dc.ask(dc.address(host), AS.redis, ['CONFIG', 'GET', 'maxmemory'])
      expect(readMap(maxmemory)).toEqual({ maxmemory: '0' })
    }
    await writer.end(20)
    expect(writer.errors).toEqual([])
  }, 90_000)
})

describe.skipIf(!isRoot)(
  'a group with host names and users of its own (needs root, for a private hosts file)',
  () => {
    const AS = {
      redis: { username: 'itential', password: 'their-application' },
      sentinel: { username: 'sentineluser', password: 'their-sentinels-' },
    }
    const nameOf = (host: HostNumber) => `red${host}.holdfast-test.example`

    it('is left alone by `doctor --fix`, and still fails over afterwards', async () => {
      const dc = await describeSet({ network: NETWORK })
      // The file can describe only the administrators of the group.
      const ADMINS = adminsOf(dc)
      const hosts = join(dc.folder, 'hosts')
      await writeFile(hosts, HOSTS.map((host) => `${dc.address(host).host} ${nameOf(host)}\n`).join(''))
      await dc.start(
        (host) => ({
          redis:
            `${onHost(dc, host)}user default off\nuser admin on >${dc.secrets.admin} ~* &* +@all\n` +
            `user itential on >${AS.redis.password} ~* &* +@all -@admin -@dangerous +info\n` +
            'user repluser on >their-replication +psync +replconf +ping\n' +
            'user sentineluser on >their-sentinels- allchannels +multi +slaveof +ping +exec +subscribe ' +
            '+config|rewrite +role +publish +info +client|setname +client|kill +script|kill\n' +
            `masteruser repluser\nmasterauth their-replication\nreplica-announce-ip ${nameOf(host)}\n` +
            (host === 1 ? '' : `replicaof ${nameOf(1)} 6379\n`),
          sentinel:
            `${onHost(dc, host)}port 26379\nuser default off\nuser admin on >${dc.secrets.sentinelAdmin} ~* &* +@all\n` +
            'user sentineluser on >their-sentinels- &* +@all\n' +
            'sentinel sentinel-user sentineluser\nsentinel sentinel-pass their-sentinels-\n' +
            `sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\nsentinel announce-ip ${nameOf(host)}\n` +
            `sentinel monitor mymaster ${nameOf(1)} 6379 2\nsentinel auth-user mymaster sentineluser\n` +
            'sentinel auth-pass mymaster their-sentinels-\nsentinel down-after-milliseconds mymaster 1500\n' +
            'sentinel failover-timeout mymaster 6000\n',
        }),
        (args) => ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, ...args],
      )
      await dc.isWhole('mymaster', ADMINS)
      const addressOf = (named: string) => dc.address(HOSTS.find((host) => nameOf(host) === named) ?? 1).host
      writer = writesTo(dc, 'mymaster', AS, addressOf)
      await getStatus(dc.place)
      const { outcomes, report } = await examineAndFix(dc.place)
      expect(outcomes.length).toBeGreaterThan(10)
      for (const { problem } of outcomes) expect(problem).toMatch(FOREIGN)
      expect(report.origin.byHoldfast).toBe(false)
      // Addresses cannot show which process knows which, so no advice makes a Sentinel watch again or forget.
      const blind = report.notExamined.map(({ check }) => check)
      expect(blind).toEqual(
        expect.arrayContaining(['sentinels-disagree', 'stale-replicas-known', 'replica-of-itself']),
      )
      expect(checksIn(report.findings)).not.toContain('sentinels-disagree')
      const names = report.findings.filter(({ check }) => check === 'names-mixed-with-addresses')
      expect(names).toHaveLength(3)
      for (const { mend } of names) expect(mend).toMatch(/^Leave it/)
      const unplanned = report.findings.find(({ subject }) => subject === 'redis@red1, user itential')
      expect(unplanned?.mend).toMatch(/^Find out which clients use it: deleting it cuts them off/)
      await writer.end(20)
      expect(writer.errors).toEqual([])

      await dc.processes.kill('redis 1')
      const later = writesTo(dc, 'mymaster', AS, addressOf)
      writer = later
      await eventually(async () => {
        expect(later.written).toBeGreaterThan(5)
        const [info] = await dc.ask(dc.address(2), ADMINS.redis, ['INFO', 'replication'])
        const [other] = await dc.ask(dc.address(3), ADMINS.redis, ['INFO', 'replication'])
        expect([info, other].filter((one) => String(one).includes('role:master'))).toHaveLength(1)
        expect([info, other].filter((one) => String(one).includes('master_link_status:up'))).toHaveLength(1)
      }, 30_000)
    }, 90_000)
  },
)

describe.skipIf(!isRoot)(
  'a group from rendered files at their paths (needs root, for a private /var/lib)',
  () => {
    async function start(network: string, more: string): Promise<DescribedSet> {
      const dc = await describeSet({
        network,
        more,
        others: [
          `{ name: app1, address: ${network}.21, runs: [application] }`,
          `{ name: gateway1, address: ${network}.22, runs: [gateway] }`,
          `{ name: balancer1, address: ${network}.23, runs: [balancer] }`,
          `{ name: operator1, address: ${network}.24, runs: [operator] }`,
        ],
      })
      const files = renderSite(dc.site, () => dc.secrets)
      const textIn = (host: HostNumber, name: string) =>
        files.find(({ path }) => path === `dc1/red${host}/${name}`)?.text ?? ''
      // Each host's /var/lib/holdfast is a folder of the test, in a mount namespace of the process.
      const SCRIPT =
        'mount -t tmpfs none /var/lib && mkdir -p /var/lib/holdfast/redis /var/lib/holdfast/sentinel && ' +
        'cp "$0"/redis.conf "$0"/users.acl /var/lib/holdfast/redis/ 2>/dev/null; ' +
        'cp "$0"/sentinel.conf /var/lib/holdfast/sentinel/ 2>/dev/null; exec "$@"'
      for (const host of HOSTS) await writeUsers(dc, host, textIn(host, 'users.acl'))
      await dc.start(
        (host) => ({ redis: textIn(host, 'redis.conf'), sentinel: textIn(host, 'sentinel.conf') }),
        ([program = '', file = '', ...args]) => [
          ...['unshare', '-m', 'sh', '-c', SCRIPT, join(file, '..'), program],
          `/var/lib/holdfast/${args.length > 0 ? 'sentinel/sentinel' : 'redis/redis'}.conf`,
          ...args,
        ],
      )
      await dc.isWhole('mymaster', adminsOf(dc))
      await dc.ask(dc.address(1), adminsOf(dc).redis, ['SET', 'hf:mark', dc.secrets.mark])
      return dc
    }

    async function writeUsers(dc: DescribedSet, host: HostNumber, text: string) {
      await mkdir(join(dc.folder, `redis-${host}`), { recursive: true })
      await writeFile(join(dc.folder, `redis-${host}`, 'users.acl'), text)
    }

    it('has no findings with every role, and only a note when an exporter asks for the configuration', async () => {
      const dc = await start(await leaseNetwork(), '')
      await eventually(async () =>
        expect(await examine(dc.place)).toMatchObject({
          findings: [],
          notExamined: [],
          origin: { byHoldfast: true },
        }),
      )
      const asMetrics = { username: 'metrics', password: dc.secrets.metrics }
      await dc.ask(dc.address(1), asMetrics, ['CONFIG', 'GET', '*']).catch(() => {})
      const { findings } = await examine(dc.place)
      expect(findings.map(({ check, severity }) => ({ check, severity }))).toEqual([
        { check: 'monitoring-denied', severity: 'info' },
      ])
      // One run restores a user that was narrowed or widened, and the finding is gone.
      await dc.ask(dc.address(1), adminsOf(dc).redis, [
        'ACL',
        'SETUSER',
        'platform',
        'clearselectors',
        '+flushall',
      ])
      const { outcomes, report } = await examineAndFix(dc.place)
      expect(outcomes.map(({ finding: { subject }, problem }) => ({ subject, problem }))).toEqual([
        { subject: 'redis@red1, user platform', problem: null },
      ])
      expect(checksIn(report.findings)).toEqual(['monitoring-denied'])
      const asPlatform = { username: 'platform', password: platformPassword(dc.secrets) }
      await dc.ask(dc.address(1), asPlatform, ['SET', 'theirs', '1'], ['PUBLISH', 'theirs', '1'])
    }, 60_000)

    it('gets only those fixes that do no harm now', async () => {
      const dc = await start(
        await leaseNetwork(),
        'redis: { maxmemoryMb: 8, backlogMb: 1, replicaBufferMb: 8 }',
      )
      const as = adminsOf(dc)
      const all = (...commands: string[][]) =>
        Promise.all(HOSTS.map((host) => dc.ask(dc.address(host), as.redis, ...commands)))
      await all(['CONFIG', 'SET', 'maxmemory', '0'], ['ACL', 'SETUSER', 'default', 'on', 'nopass'])
      const value = 'x'.repeat(1024 * 1024)
      await dc.ask(
        dc.address(1),
        as.redis,
        ...Array.from({ length: 12 }, (_, n) => ['SET', `theirs:${n}`, value]),
      )
      // An application that uses only the primary.
      const client = await Connection.open({ address: dc.address(1), connectTimeoutMs: 3000 })
      await client.send(['GET', 'theirs'], 3000)
      writer = writesTo(dc, 'mymaster', { redis: {}, sentinel: as.sentinel })
      const first = await examineAndFix(dc.place)
      const problems = (check: string) =>
        first.outcomes.filter(({ finding }) => finding.check === check).map(({ problem }) => problem)
      expect(problems('default-user-on')).toHaveLength(3)
      for (const problem of problems('default-user-on'))
        expect(problem).toMatch(/are connected to redis@red1 as this user/)
      expect(problems('no-memory-limit')).toHaveLength(3)
      for (const problem of problems('no-memory-limit')) expect(problem).toMatch(/it would refuse logins/)
      await writer.end(20)
      expect(writer.errors).toEqual([])
      client.close()
      await dc.ask(dc.address(1), as.redis, ...Array.from({ length: 12 }, (_, n) => ['DEL', `theirs:${n}`]))
      await eventually(async () => {
        const { outcomes, report } = await examineAndFix(dc.place)
        expect(outcomes.map(({ problem }) => problem)).not.toContain(expect.any(String))
        expect(report.findings).toEqual([])
      })
    }, 60_000)
  },
)
