import { parseRedisConf } from '@holdfast/agent/redis/config-lines'
import { renderRedisConf } from '@holdfast/site/render/redis-conf'
import { renderSentinelUsers, renderUsersAcl } from '@holdfast/site/render/users-acl'
import { localGroup } from '@holdfast/site/topology/local-plan'
import { defaultPlan } from '@holdfast/site/topology/place'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { parseAclUser } from '../../src/doctor/acl.ts'
import type { AclView, RedisFacts, SentinelFacts, Snapshot } from '../../src/doctor/snapshot.ts'
import type { UnfinishedPasswordRotation } from '../../src/rotate/unfinished.ts'

const plan = defaultPlan({ network: '10.1.2' })
const topology = localGroup(plan)
const primaryAt = formatAddress(
  redisAddress(topology.dataHosts[0] ?? { host: '', redisPort: 0, sentinelPort: 0 }),
)

/** A snapshot of a healthy data centre, written by hand, for faults that cannot be caused in a real one. */
export function healthySnapshot(): Snapshot {
  const { timings, dataHosts } = topology
  return {
    topology,
    cliFlags: '',
    groupId: FIXED_SECRETS.mark,
    drill: null,
    supervisor: 'running',
    processes: dataHosts.map(({ host, redisPort }, index) => ({
      name: `redis-${index + 1}`,
      kind: 'redis',
      host,
      port: redisPort,
      pid: 100 + index,
      state: 'running',
      restarts: 0,
    })),
    redis: dataHosts.map((dataHost, index) => {
      const paths = { dataFolder: '/state/data', aclFile: '/state/users.acl' }
      const config = parseRedisConf(
        renderRedisConf({ plan, dataHost, secrets: FIXED_SECRETS, tls: null }, paths),
      )
      return {
        ...asked('redis', index, redisAddress(dataHost)),
        facts: {
          unsupported: null,
          isLoading: false,
          rewritesLog: false,
          replication: {
            role: index === 0 ? 'primary' : 'replica',
            replid: 'a',
            replid2: '0',
            offset: 5_000_000,
            replicas: [],
            primaryAddress: index === 0 ? null : primaryAt,
            linkUp: index !== 0,
          },
          packageFixes: [],
          info: { aof_last_write_status: 'ok', used_memory: '2000000', mem_not_counted_for_evict: '0' },
          config: { ...config },
          plannedConfig: config,
          knowsReplicaPassword: true,
          acl: aclOf(renderUsersAcl(FIXED_SECRETS)),
          groupId: FIXED_SECRETS.mark,
          clock: { aheadMs: 3, uncertainMs: 1 },
          writesWait: false,
          truncatedAtStart: false,
          disk: { freeBytes: 50_000_000_000, totalBytes: 100_000_000_000 },
          clients: [],
        },
      }
    }),
    sentinels: dataHosts.map((dataHost, index) => ({
      ...asked('sentinel', index, sentinelAddress(dataHost)),
      facts: {
        unsupported: null,
        sentinel: sentinelAddress(dataHost),
        primary: primaryAt,
        configEpoch: 1,
        knownReplicas: 2,
        knownSentinels: 2,
        failingOver: false,
        findsItDown: false,
        downAfterMs: timings.downAfterMs,
        failoverTimeoutMs: timings.failoverTimeoutMs,
        quorum: 2,
        parallelSyncs: 1,
        flags: ['master'],
        replicas: dataHosts.slice(1).map((other) => peer(redisAddress(other), 'slave')),
        sentinels: dataHosts
          .filter((other) => other !== dataHost)
          .map((other) => peer(sentinelAddress(other), 'sentinel')),
        tilt: false,
        quorumProblem: null,
        knowsPeerPassword: true,
        acl: aclOf(renderSentinelUsers(FIXED_SECRETS)),
        configFile: '/state/sentinel.conf',
        clients: [],
      },
    })),
    http: plan.addresses.gateways.map((address, index) => ({
      name: `gateway-${index + 1}`,
      at: formatAddress(address),
      problem: null,
    })),
    files: [],
    proxies: [],
    secretAges: [{ secret: 'admin', since: '2026-01-01T00:00:00.000Z', ageDays: 3 }],
    certificates: [{ name: 'redis-1', daysLeft: 89 }],
    certificatesUnseen: [],
    unitFiles: null,
    rotations: { passwords: null, certificates: null, keyring: null },
  }
}

const asked = (kind: 'redis' | 'sentinel', index: number, address: NodeAddress) => ({
  kind,
  index,
  name: `${kind}-${index + 1}`,
  at: formatAddress(address),
  address,
  problem: null,
  refusal: null,
})

const peer = (address: NodeAddress, flag: string) => ({
  ...address,
  at: formatAddress(address),
  flags: [flag],
})

function aclOf(text: string): AclView {
  const planned = text
    .trim()
    .split('\n')
    .map((line) => parseAclUser(line, {}))
  return { users: structuredClone(planned), planned, denials: [], logins: {}, unanswered: [] }
}

/** The facts of a Redis in a snapshot, for a test to change. */
export function redisFacts(snapshot: Snapshot, index: number): RedisFacts {
  const facts = snapshot.redis[index]?.facts
  if (!facts) throw new Error(`There is no Redis ${index}.`)
  return facts
}

/** The facts of a Sentinel in a snapshot, for a test to change. */
export function sentinelFacts(snapshot: Snapshot, index: number): SentinelFacts {
  const facts = snapshot.sentinels[index]?.facts
  if (!facts) throw new Error(`There is no Sentinel ${index}.`)
  return facts
}

/** An unfinished rotation of passwords, for a snapshot. */
export const passwordRotation = (more: Partial<UnfinishedPasswordRotation>): UnfinishedPasswordRotation => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  phase: 'move',
  users: ['app'],
  undoing: false,
  isRunning: false,
  ...more,
})
