import { readFileSync } from 'node:fs'
import { availableParallelism, release, type as systemName } from 'node:os'
import { readInfo } from '@holdfast/agent/redis/replies'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'
import type { FaultTools } from './faults/plan.ts'

/** Where a drill ran. */
export interface DrillEnvironment {
  dataCentre: string
  holdfast: string
  node: string
  redis: string
  system: string
  cpus: number
  timings: string
  downAfterMs: number
  failoverTimeoutMs: number
  transport: string
  /** `host:port` each. */
  redisNodes: string[]
  sentinels: string[]
  gateways: string[]
  balancer: string
}

const COMMAND_TIMEOUT_MS = 1000

/** Reads the environment of a drill. Throws when a Redis does not answer. */
export async function readEnvironment(
  { site, dataCentre, addresses }: LocalPlan,
  { ask, redis }: FaultTools,
): Promise<DrillEnvironment> {
  const first = redis[0]
  const [info] = first === undefined ? [] : await ask(first, [['INFO', 'server']], COMMAND_TIMEOUT_MS)
  const { timings, transport } = site
  const { dataHosts, gateways, balancer } = addresses
  return {
    dataCentre: dataCentre.name,
    holdfast: ownVersion(),
    node: process.versions.node,
    redis: readInfo(info)['redis_version'] ?? 'unknown',
    system: `${systemName()} ${release()}`,
    cpus: availableParallelism(),
    timings: timings.name,
    downAfterMs: timings.downAfterMs,
    failoverTimeoutMs: timings.failoverTimeoutMs,
    transport,
    redisNodes: dataHosts.map(redisAddress).map(formatAddress),
    sentinels: dataHosts.map(sentinelAddress).map(formatAddress),
    gateways: gateways.map(formatAddress),
    balancer: formatAddress(balancer),
  }
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
