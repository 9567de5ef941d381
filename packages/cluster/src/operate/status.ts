import { formatAddress, type NodeAddress, parseReplication } from '@holdfast/tokens/redis'
import { Lines } from '../redis/lines.ts'
import { readAnswer } from '../redis/sentinels.ts'
import { urlOf } from '../state/description.ts'
import { openLocal } from '../state/open.ts'
import { runningSupervisor } from '../state/records.ts'
import type { ProcessStatus } from '../supervise/managed-process.ts'
import { redisAddress, sentinelAddress, type Timings, type Topology } from '../topology/topology.ts'
import { connectControl } from './control-client.ts'

/** A data centre at a glance; `holdfast status --json` prints it. */
export interface DataCentreStatus {
  name: string
  stateDir: string
  timings: Timings['name']
  balancer: string
  /** `hung`: the supervisor's process exists but does not answer. */
  supervisor: 'running' | 'hung' | 'gone'
  /** As the supervisor sees them; empty when it does not answer. */
  processes: ProcessStatus[]
  redis: RedisStatus[]
  sentinels: SentinelStatus[]
}

export type RedisStatus = Named & (Unreachable | (Reachable & RedisFacts))

interface RedisFacts {
  role: 'primary' | 'replica'
  /** Its place in the stream of writes (in bytes). */
  offset: number
  /** Of a primary: how many replicas follow it. */
  replicas: number
  /** Of a replica: whether it is linked to its primary. Null of a primary. */
  link: 'up' | 'down' | null
  /** Of a replica: `host:port` of its primary. Null of a primary. */
  primary: string | null
}

export type SentinelStatus = Named & (Unreachable | (Reachable & SentinelFacts))

interface SentinelFacts {
  /** `host:port` of the primary that it names. */
  primary: string
  /** The configuration epoch under which that one became primary. */
  epoch: number
  known: { replicas: number; sentinels: number }
}

interface Named {
  name: string
  host: string
  port: number
}

interface Reachable {
  reachable: true
}

interface Unreachable {
  reachable: false
  /** Why, in one sentence. */
  problem: string
}

/** Deadline of every question, which are asked at the same time (in milliseconds). */
const PATIENCE_MS = 1000

/**
 * Asks the supervisor, every Redis and every Sentinel how they are. What does not answer in time is shown as
 * unreachable: the whole takes about two seconds at most.
 *
 * Throws `NOT_RUNNING` when there is no data centre in this folder.
 */
export async function getStatus(stateDir: string): Promise<DataCentreStatus> {
  const { folder, topology, secrets, tls } = await openLocal(stateDir)
  const metrics = new Lines({ username: 'metrics', password: secrets.metrics, tls })
  const app = new Lines({ username: 'app', password: secrets.sentinelApp, tls })
  const [control, redis, sentinels] = await Promise.all([
    connectControl(folder.path)
      .status()
      .catch(() => null),
    Promise.all(topology.dataHosts.map((host, index) => askRedis(index, redisAddress(host), metrics))),
    Promise.all(
      topology.dataHosts.map((host, index) => askSentinel(index, sentinelAddress(host), topology, app)),
    ),
  ])
  metrics.close()
  app.close()
  return {
    name: topology.name,
    stateDir: folder.path,
    timings: topology.timings.name,
    balancer: urlOf(topology.balancer),
    supervisor: control !== null ? 'running' : runningSupervisor(folder) !== null ? 'hung' : 'gone',
    processes: control?.processes ?? [],
    redis,
    sentinels,
  }
}

async function askRedis(index: number, address: NodeAddress, lines: Lines): Promise<RedisStatus> {
  const named = { name: `redis-${index + 1}`, ...address }
  try {
    const [info] = await lines.send(address, [['INFO', 'replication']], PATIENCE_MS)
    const { role, offset, replicas, linkUp, primaryAddress } = parseReplication(String(info))
    const isReplica = role === 'replica'
    return {
      ...named,
      reachable: true,
      role,
      offset,
      replicas: replicas.length,
      link: isReplica ? (linkUp ? 'up' : 'down') : null,
      primary: isReplica ? primaryAddress : null,
    }
  } catch (error) {
    return { ...named, ...unreachable(address, error) }
  }
}

async function askSentinel(
  index: number,
  address: NodeAddress,
  { primaryName }: Topology,
  lines: Lines,
): Promise<SentinelStatus> {
  const named = { name: `sentinel-${index + 1}`, ...address }
  try {
    const [reply] = await lines.send(address, [['SENTINEL', 'MASTER', primaryName]], PATIENCE_MS)
    const { primary, configEpoch, knownReplicas, knownSentinels } = readAnswer(address, reply ?? null)
    return {
      ...named,
      reachable: true,
      primary,
      epoch: configEpoch,
      known: { replicas: knownReplicas, sentinels: knownSentinels },
    }
  } catch (error) {
    return { ...named, ...unreachable(address, error) }
  }
}

function unreachable(address: NodeAddress, error: unknown): Unreachable {
  const problem = error instanceof Error ? error.message : `${formatAddress(address)} cannot be asked.`
  return { reachable: false, problem }
}
