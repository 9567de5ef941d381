import { execFile, spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConnectionPool } from '@holdfast/agent/redis/connection-pool'
import { findProgram } from '@holdfast/local/preflight/programs'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderGatewayConfig } from '../../src/render/gateway-config.ts'
import { renderHaproxyCfg } from '../../src/render/haproxy-cfg.ts'
import { renderRedisConf } from '../../src/render/redis-conf.ts'
import { renderSentinelConf } from '../../src/render/sentinel-conf.ts'
import { renderUsersAcl } from '../../src/render/users-acl.ts'
import { localGroup } from '../../src/topology/local-plan.ts'
import { defaultPlan } from '../../src/topology/place.ts'
import { type DataHost, redisAddress, sentinelAddress } from '../../src/topology/topology.ts'

/** The state folder in the golden files. */
const GOLDEN_FOLDER = '/var/lib/holdfast'

const plan = defaultPlan({ network: '127.0.55' })
const topology = localGroup(plan)
const [primary, replica] = topology.dataHosts
if (primary === undefined || replica === undefined) throw new Error('three data hosts were planned')
const golden = (name: string) => new URL(`./golden/${name}`, import.meta.url).pathname
const redisPaths = (name: string) => ({
  dataFolder: `${GOLDEN_FOLDER}/${name}/data`,
  aclFile: `${GOLDEN_FOLDER}/${name}/users.acl`,
})

const nodeOf = (dataHost: DataHost) => ({ plan, dataHost, secrets: FIXED_SECRETS, tls: null })

describe('Rendered files of a local data centre', () => {
  it.each([
    ['redis-1.conf', renderRedisConf(nodeOf(primary), redisPaths('redis-1'))],
    ['redis-2.conf', renderRedisConf(nodeOf(replica), redisPaths('redis-2'))],
    ['users.acl', renderUsersAcl(FIXED_SECRETS)],
    ['sentinel-1.conf', renderSentinelConf(nodeOf(primary), `${GOLDEN_FOLDER}/sentinel-1`)],
    ['haproxy.cfg', renderHaproxyCfg(plan)],
    [
      'gateway-1.json',
      renderGatewayConfig(
        { plan, secrets: FIXED_SECRETS, tls: null },
        'gateway-1',
        { host: '127.0.55.21', port: 8080 },
        `${GOLDEN_FOLDER}/users.json`,
      ),
    ],
  ])('the rendered %s equals the golden file', async (name, text) => {
    await expect(text).toMatchFileSnapshot(golden(name))
  })
})

// INV-SITE-9.
describe('Programs accept golden files', () => {
  let folder: string
  const pids: number[] = []

  beforeAll(async () => {
    folder = await makeTempFolder()
  })

  afterAll(async () => {
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  /** Copies a golden file, with paths in the folder of the test. */
  async function place(name: string, process: string, as = name): Promise<string> {
    await mkdir(join(folder, process, 'data'), { recursive: true })
    const file = join(folder, process, as)
    await writeFile(file, (await readFile(golden(name), 'utf8')).replaceAll(GOLDEN_FOLDER, folder))
    return file
  }

  function run(args: string[]): void {
    const child = spawn(findProgram('redis-server'), args, { stdio: 'ignore' })
    if (child.pid !== undefined) pids.push(child.pid)
  }

  function answers(address: NodeAddress, username: string, password: string, command: string[]) {
    return eventually(async () => {
      const lines = new ConnectionPool({ username, password, tls: null })
      try {
        return await lines.send(address, [command], 500)
      } finally {
        lines.close()
      }
    }, 5000)
  }

  it('Redis starts with the golden redis.conf and users.acl, and accepts each user', async () => {
    await place('users.acl', 'redis-1')
    run([await place('redis-1.conf', 'redis-1', 'redis.conf')])
    for (const user of ['admin', 'metrics', 'app', 'sentinel', 'replica'] as const) {
      expect(await answers(redisAddress(primary), user, FIXED_SECRETS[user], ['PING'])).toEqual(['PONG'])
    }
    await expect(
      new ConnectionPool({ tls: null }).send(redisAddress(primary), [['PING']], 500),
    ).rejects.toThrow()
  })

  it('Sentinel starts with the golden sentinel.conf, and accepts each user', async () => {
    run([await place('sentinel-1.conf', 'sentinel-1', 'sentinel.conf'), '--sentinel'])
    const question = ['SENTINEL', 'MASTER', topology.primaryName]
    for (const [user, password] of [
      ['admin', FIXED_SECRETS.sentinelAdmin],
      ['app', FIXED_SECRETS.sentinelApp],
    ] as const) {
      expect(await answers(sentinelAddress(primary), user, password, question)).toHaveLength(1)
    }
    expect(await answers(sentinelAddress(primary), 'peer', FIXED_SECRETS.peer, ['PING'])).toEqual(['PONG'])
  })

  it('HAProxy accepts the golden haproxy.cfg', async () => {
    await promisify(execFile)(findProgram('haproxy'), ['-c', '-f', golden('haproxy.cfg')])
  })
})
