import { ClusterError } from '@holdfast/site/errors'
import { APPENDFSYNC, MAXMEMORY_POLICIES } from '@holdfast/site/file/site'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { REFERENCE_ENGINE } from '@holdfast/site/render/engine'
import { ROTATION_LIMITS } from '@holdfast/site/secrets/limits'
import { LOCAL_TRANSPORTS, redisAddress, type Topology } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'
import { z } from 'zod'
import type { StateFolder } from './folder.ts'

const address = z.object({ host: z.string(), port: z.int() })

const schema = z.object({
  name: z.string(),
  primaryName: z.string(),
  timings: z.object({
    name: z.enum(['fast', 'reference', 'custom']),
    downAfterMs: z.number(),
    failoverTimeoutMs: z.number(),
  }),
  // Missing in a file from before the option existed.
  transport: z.enum(LOCAL_TRANSPORTS).default('plain'),
  dataHosts: z.array(
    z.object({
      host: z.string(),
      redisPort: z.int(),
      sentinelPort: z.int(),
      replicaPriority: z.int().exactOptional(),
    }),
  ),
  // Missing in a file from before the setting existed.
  rotation: z
    .object({ usersDays: z.int(), keyringDays: z.int(), certificateDaysLeft: z.int() })
    .default(ROTATION_LIMITS),
  quorum: z.int().exactOptional(),
  redis: z
    .object({
      maxmemoryMb: z.int(),
      maxmemoryPolicy: z.enum(MAXMEMORY_POLICIES),
      backlogMb: z.int(),
      replicaBufferMb: z.int(),
      appendfsync: z.enum(APPENDFSYNC),
    })
    .exactOptional(),
  engine: z
    .object({ name: z.enum(['redis', 'valkey']), version: z.enum(['7.0', '7.2', '7.4', '8.0', '9.0']) })
    .exactOptional(),
  gateways: z.array(address),
  balancer: address,
})

/** Reads the topology of the folder's last start; null when there is none. Throws `STATE_UNUSABLE`. */
export async function readTopology(folder: StateFolder): Promise<Topology | null> {
  const text = await readIfThere(folder.topologyFile)
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ClusterError(
      'STATE_UNUSABLE',
      `${folder.topologyFile} is not a valid topology. If it was edited, restore it. \`holdfast down --purge\` deletes the data centre with its sessions.`,
      { cause },
    )
  }
}

export function writeTopology(folder: StateFolder, topology: Topology): Promise<void> {
  return writePrivate(folder.topologyFile, `${JSON.stringify(topology, null, 2)}\n`)
}

/** Keeps the settings of a site's file when the data centre is started again without the file. */
export function withSavedPlan(asked: Topology, saved: Topology | null): Topology {
  if (saved === null || asked.redis !== undefined) return asked
  const { engine, quorum, redis } = saved
  return { ...asked, ...(engine && { engine }), ...(quorum && { quorum }), ...(redis && { redis }) }
}

/**
 * Checks that a topology is of the same group as the saved one. Throws `STATE_MISMATCH` with the differences.
 *
 * Redis and Sentinel have written their hosts into their own files, and the tokens belong to the name of the data centre. So
 * the hosts and names cannot change, and neither can the transport and the engine. Gateways, balancer, timings and the
 * settings of Redis can.
 */
export function checkSameGroup(saved: Topology, asked: Topology, folder: StateFolder): void {
  const differences = [
    ['name', saved.name, asked.name],
    ['data hosts', hostsOf(saved), hostsOf(asked)],
    ['primary name', saved.primaryName, asked.primaryName],
    ['transport', saved.transport, asked.transport],
    ['engine', engineOf(saved), engineOf(asked)],
  ].filter(([, before, now]) => before !== now)
  if (differences.length === 0) return
  const what = differences.map(([thing, before, now]) => `${thing} "${before}", not "${now}"`).join('; ')
  throw new ClusterError(
    'STATE_MISMATCH',
    `The state folder ${folder.path} belongs to a data centre with ${what}. Start it with the same settings, choose another \`--name\` or state folder, or delete it with its sessions: \`holdfast down --purge\`.`,
  )
}

/** The two engines cannot read all of each other's files. */
const engineOf = ({ engine = REFERENCE_ENGINE }: Topology) => engine.name

const hostsOf = ({ dataHosts }: Topology) =>
  dataHosts.map((host) => `${formatAddress(redisAddress(host))}/${host.sentinelPort}`).join(', ')
