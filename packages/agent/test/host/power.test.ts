import { appendFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asAdmin, dataHostsOf, exampleSite, renderExample } from '@holdfast/testing/hosts/example-site'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guardHost } from '../../src/guard/guard-host.ts'
import { readHostConfig } from '../../src/host/config.ts'

const NETWORK = await leaseNetwork()
const hosts = dataHostsOf(NETWORK)
const [first, second, third] = ['dc1-data-1', 'dc1-data-2', 'dc1-data-3']
const FIRST = `${NETWORK}.11`
/** The id of an earlier boot of the machine. */
const EARLIER_BOOT = '0123456789abcdef0123456789abcdef\n'

let folder: string
let group: RenderedGroup
let ending: AbortController

const stateOf = (host: string) => group.pathOn(host, '/var/lib/holdfast/redis')
const appendFolderOf = (host: string) => join(stateOf(host), 'appendonlydir')

/** The part of a Redis' append-only file to which it appends. */
async function appendFileOf(host: string): Promise<string> {
  const names = (await readdir(appendFolderOf(host))).filter((name) => name.endsWith('.incr.aof'))
  return join(appendFolderOf(host), names.sort().at(-1) ?? '')
}

/**
 * Returns the arguments with which the guard lets a Redis start, such as `--replicaof ADDRESS 6379`, and collects in
 * `held` why it held Redis before.
 */
async function guarded(host: string, held: string[] = []): Promise<string> {
  const startFile = join(stateOf(host), 'start.env')
  const config = await readHostConfig(group.pathOn(host, '/etc/holdfast/host.json'))
  const onHold = (why: string) => held.push(why)
  await guardHost(config, { startFile, onHold, log: () => {}, signal: ending.signal })
  return (await readFile(startFile, 'utf8')).trim().replace('HOLDFAST_START=', '')
}

async function startRedis(host: string, held: string[] = []): Promise<string> {
  const as = await guarded(host, held)
  group.startOn(host, 'redis', ['redis-server', join(stateOf(host), 'redis.conf'), ...as.split(' ')])
  return as
}

const ask = (address: string, ...command: string[]) => group.ask(first, address, 'redis', command)

/** Writes keys, and checks that both replicas acknowledge them. */
async function write(address: string, keys: readonly string[]): Promise<void> {
  await ask(address, 'MSET', ...keys.flatMap((key) => [key, '1']))
  expect(await ask(address, 'WAIT', '2', '5000')).toBe('2\n')
}

const numbered = (name: string) => Array.from({ length: 20 }, (_, index) => `${name}-${index}`)

/** Simulates a power cut of a host: recent writes are not on its disk, and the machine boots again. */
async function cutPower(host: string, writtenBytes?: number): Promise<void> {
  await group.processes.kill(`${host} redis`)
  if (writtenBytes !== undefined) await truncate(await appendFileOf(host), writtenBytes)
  await writeFile(join(stateOf(host), 'started'), EARLIER_BOOT)
}

async function promoted(): Promise<string> {
  const names = await Promise.all(hosts.map(({ name, address }) => group.primaryNamedBy(name, address)))
  expect(new Set(names).size).toBe(1)
  return names[0] ?? ''
}

describe('on real hosts with the reference timings', () => {
  beforeEach(async () => {
    folder = await makeTempFolder()
    ending = new AbortController()
    const site = exampleSite({ transport: 'plain' })
    const dataCentres = site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.map((host) => ({ ...host, address: host.address.replace('10.20.0', NETWORK) })),
    }))
    const files = renderExample({ ...site, dataCentres })
    group = await RenderedGroup.place({ files, folder, hosts, cliArgs: (_, service) => asAdmin(service) })
    for (const { name } of hosts) {
      await mkdir(stateOf(name), { recursive: true })
      group.startSentinel(name)
    }
    await group.quickenSentinels()
    await Promise.all(hosts.map(({ name }) => startRedis(name)))
    await group.agreesOn(first, FIRST, 2, 25_000)
    const { mark } = await readHostConfig(group.pathOn(first, '/etc/holdfast/host.json'))
    await ask(FIRST, 'SET', 'hf:mark', mark)
    await write(FIRST, numbered('before'))
    // Wait until each Redis has its data on disk: after a full copy, a replica writes its file in the background.
    for (const { address } of hosts) {
      await eventually(async () =>
        expect(await ask(address, 'INFO', 'persistence')).toContain('aof_rewrite_in_progress:0'),
      )
    }
  })

  afterEach(async () => {
    ending.abort()
    await group.processes.killAll()
    await rm(folder, { recursive: true, force: true })
  })

  // INV-AGENT-1.
  it('a primary that lost power becomes a replica, and the writes that its file lacks are kept', async () => {
    const { size } = await stat(await appendFileOf(first))
    await write(FIRST, numbered('late'))
    await cutPower(first, size)
    const as = await startRedis(first)
    const primary = await promoted()
    expect(primary).not.toBe(FIRST)
    expect(as).toBe(`--replicaof ${primary} 6379`)
    await group.agreesOn(first, primary, 2, 25_000)
    for (const { address } of hosts) {
      expect(await ask(address, 'EXISTS', ...numbered('before'), ...numbered('late'))).toBe('40\n')
    }
  }, 60_000)

  it('when all hosts lost power, the named primary starts as primary and no file keeps half a transaction', async () => {
    const half = '*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1'
    for (const { name } of hosts) {
      await cutPower(name)
      await appendFile(await appendFileOf(name), half)
    }
    const as = await Promise.all(hosts.map(({ name }) => startRedis(name)))
    expect(as).toEqual(['--replicaof no one', ...Array(2).fill(`--replicaof ${FIRST} 6379`)])
    await group.agreesOn(first, FIRST, 2, 25_000)
    await write(FIRST, numbered('after'))
    // Only the *next* start would skip the writes after a half transaction.
    for (const { name } of hosts) await group.processes.kill(`${name} redis`)
    await Promise.all(hosts.map(({ name }) => startRedis(name)))
    await eventually(async () =>
      expect(await ask(FIRST, 'EXISTS', ...numbered('before'), ...numbered('after'))).toBe('40\n'),
    )
    expect(await readdir(join(stateOf(first), 'cut-off'))).toHaveLength(1)
  }, 60_000)

  // INV-AGENT-2.
  it('a primary that was stopped cleanly starts as a replica when a failover was requested meanwhile', async () => {
    await group.processes.kill(`${first} redis`, 'SIGTERM')
    await rm(join(stateOf(first), 'started'), { force: true })
    const asked = await group.ask(second, `${NETWORK}.12`, 'sentinel', ['SENTINEL', 'FAILOVER', 'mymaster'])
    expect(asked).toBe('OK\n')
    const as = await startRedis(first)
    expect(as).toBe(`--replicaof ${await promoted()} 6379`)
    expect(as).not.toContain(FIRST)
  }, 60_000)

  // INV-AGENT-3.
  it('a Redis with a damaged file copies the primary, and three damaged files are reported and left alone', async () => {
    // A damaged replica copies its primary.
    await group.processes.kill(`${third} redis`)
    await appendFile(await appendFileOf(third), '\0\0\0\0*1\r\n$4\r\nPING\r\n')
    expect(await startRedis(third)).toBe(`--replicaof ${FIRST} 6379`)
    await group.agreesOn(first, FIRST, 2, 25_000)
    expect(await ask(`${NETWORK}.13`, 'EXISTS', ...numbered('before'))).toBe('20\n')
    expect(
      (await readdir(stateOf(third))).filter((name) => name.startsWith('appendonlydir.damaged')),
    ).toHaveLength(1)

    // A damaged primary is held until another Redis is promoted.
    await cutPower(first)
    await truncate(join(appendFolderOf(first), 'appendonly.aof.manifest'))
    const held: string[] = []
    const as = await startRedis(first, held)
    expect(held).toEqual([
      expect.stringMatching(/appendonly\.aof\.manifest is damaged.*redis-check-aof --fix/s),
    ])
    const primary = await promoted()
    expect(as).toBe(`--replicaof ${primary} 6379`)
    await group.agreesOn(first, primary, 2, 25_000)

    // When all three are damaged, each is held.
    for (const { name } of hosts) {
      await cutPower(name)
      await appendFile(await appendFileOf(name), 'not a command')
    }
    const reasons = hosts.map((): string[] => [])
    hosts.forEach(({ name }, index) => void startRedis(name, reasons[index]).catch(() => {}))
    await eventually(async () => {
      for (const [index, { name }] of hosts.entries()) {
        expect(reasons[index]).toEqual([expect.stringContaining(`${await appendFileOf(name)} is damaged`)])
      }
    })
  }, 90_000)

  // INV-AGENT-4.
  it('Redis is held while its user `default` lacks rights for the commands in its append-only file', async () => {
    await group.processes.kill(`${second} redis`)
    const aclFile = join(stateOf(second), 'users.acl')
    const users = await readFile(aclFile, 'utf8')
    await writeFile(aclFile, users.replace(/^user default .*$/m, 'user default off -@all +ping'))
    const held: string[] = []
    const starting = startRedis(second, held)
    await eventually(async () =>
      expect(held).toEqual([expect.stringContaining('user default off ~* &* +@all')]),
    )
    await writeFile(aclFile, users)
    expect(await starting).toBe(`--replicaof ${FIRST} 6379`)
  }, 60_000)
})
