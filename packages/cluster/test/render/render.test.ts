import { execFile, spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findProgram } from '../../src/preflight/programs.ts'
import { Lines } from '../../src/redis/lines.ts'
import { renderGatewayConfig } from '../../src/render/gateway-config.ts'
import { renderHaproxyCfg } from '../../src/render/haproxy-cfg.ts'
import { renderRedisConf } from '../../src/render/redis-conf.ts'
import { renderSentinelConf } from '../../src/render/sentinel-conf.ts'
import { renderUsersAcl } from '../../src/render/users-acl.ts'
import { resolveTopology } from '../../src/topology/resolve.ts'
import { type DataHost, redisAddress, sentinelAddress } from '../../src/topology/topology.ts'
import { eventually, makeTempFolder } from '../support/data-centre.ts'
import { FIXED_SECRETS } from '../support/fixed-secrets.ts'

/** The state folder that the golden files speak of. */
const GOLDEN_FOLDER = '/var/lib/holdfast'

const topology = resolveTopology({ network: '127.0.55' })
const [primary, replica] = topology.dataHosts
if (primary === undefined || replica === undefined) throw new Error('three data hosts were planned')
const golden = (name: string) => new URL(`./golden/${name}`, import.meta.url).pathname
const redisPaths = (name: string) => ({
  dataFolder: `${GOLDEN_FOLDER}/${name}/data`,
  aclFile: `${GOLDEN_FOLDER}/${name}/users.acl`,
})

const nodeOf = (dataHost: DataHost) => ({ topology, dataHost, secrets: FIXED_SECRETS, tls: null })

describe('each rendered file is the golden one:', () => {
  it.each([
    ['redis-1.conf', renderRedisConf(nodeOf(primary), redisPaths('redis-1'))],
    ['redis-2.conf', renderRedisConf(nodeOf(replica), redisPaths('redis-2'))],
    ['users.acl', renderUsersAcl(FIXED_SECRETS)],
    ['sentinel-1.conf', renderSentinelConf(nodeOf(primary), `${GOLDEN_FOLDER}/sentinel-1`)],
    ['haproxy.cfg', renderHaproxyCfg(topology)],
    [
      'gateway-1.json',
      renderGatewayConfig(
        { topology, secrets: FIXED_SECRETS, tls: null },
        'gateway-1',
        { host: '127.0.55.21', port: 8080 },
        `${GOLDEN_FOLDER}/users.json`,
      ),
    ],
  ])('%s', async (name, text) => {
    await expect(text).toMatchFileSnapshot(golden(name))
  })
})

// INV-SITE-9.
describe('the real program takes the golden', () => {
  let folder: string
  const pids: number[] = []

  beforeAll(async () => {
    folder = await makeTempFolder()
  })

  afterAll(async () => {
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  /** The golden file as a file of its own, with its paths in the folder of the test. */
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
      const lines = new Lines({ username, password, tls: null })
      try {
        return await lines.send(address, [command], 500)
      } finally {
        lines.close()
      }
    }, 5000)
  }

  it('redis.conf with users.acl, and lets each user in', async () => {
    await place('users.acl', 'redis-1')
    run([await place('redis-1.conf', 'redis-1', 'redis.conf')])
    for (const user of ['admin', 'metrics', 'app', 'sentinel', 'replica'] as const) {
      expect(await answers(redisAddress(primary), user, FIXED_SECRETS[user], ['PING'])).toEqual(['PONG'])
    }
    await expect(new Lines({ tls: null }).send(redisAddress(primary), [['PING']], 500)).rejects.toThrow()
  })

  it('sentinel.conf, and lets each user in', async () => {
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

  it('haproxy.cfg', async () => {
    await promisify(execFile)(findProgram('haproxy'), ['-c', '-f', golden('haproxy.cfg')])
  })
})
