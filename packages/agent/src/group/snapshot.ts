import { type Group, processName, redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { AuthFailedError, RedisReplyError } from '@holdfast/tokens'
import {
  formatAddress,
  MARK_KEY,
  type NodeAddress,
  parseReplication,
  type ReplicationView,
  type Reply,
} from '@holdfast/tokens/redis'
import type { GroupAccess } from '../redis/access.ts'
import { Nodes } from '../redis/nodes.ts'
import { readField, readInfo, readList } from '../redis/replies.ts'
import { readAnswer, type SentinelAnswer, Sentinels } from '../redis/sentinels.ts'

/** Deadline of one command (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1500

/** Every Redis and Sentinel of a group at one moment. */
export interface GroupSnapshot<
  Redis extends RedisState = RedisState,
  Sentinel extends SentinelState = SentinelState,
> {
  redis: ProcessSnapshot<Redis>[]
  sentinels: ProcessSnapshot<Sentinel>[]
}

/** A Redis or a Sentinel, as the topology plans it. */
export interface PlannedProcess {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  /** `host:port` */
  at: string
  address: NodeAddress
  /** The index of its data host. */
  index: number
}

/** One process with its facts; null while it does not answer. */
export interface ProcessSnapshot<Facts> extends PlannedProcess {
  facts: Facts | null
  /** Why it does not answer; null when it does. */
  problem: string | null
  /** It runs, but refuses the password, denies a command, or answers with another error; null otherwise. */
  refusal: 'password' | 'rights' | 'error' | null
}

export interface RedisState {
  replication: ReplicationView
  isLoading: boolean
  /** It rewrites its append-only file: before that ends, a restart would load old data. */
  rewritesLog: boolean
  /** The group id of its data; null without one. Absent: not asked, because monitoring may not read keys. */
  groupId?: string | null
}

/** Absent facts were not asked: monitoring has only the rights for the answer itself. */
export interface SentinelState extends SentinelAnswer {
  /** How many replicas and Sentinels it knows but does not reach. */
  unreached?: number
  tilt?: boolean
  /** The error of `SENTINEL CKQUORUM`; null when it has a quorum. */
  quorumProblem?: string | null
}

/** The program that a process runs. */
interface RunningProgram {
  /** Changes at each start. */
  runId: string
  product: 'Redis' | 'Valkey'
  version: string
}

/** A snapshot with every fact, as the admin can take it. */
export type FullSnapshot = GroupSnapshot<
  Required<RedisState> & RunningProgram,
  Required<SentinelState> & RunningProgram
>

/** A group and the connections to it. */
export interface GroupClients {
  topology: Group
  groupId: string
  nodes: Nodes
  sentinels: Sentinels
}

/** `acceptExpired`: also connect to processes whose certificates have expired. */
export const connectGroup = (access: GroupAccess, options?: { acceptExpired?: boolean }): GroupClients => ({
  topology: access.topology,
  groupId: access.secrets.mark,
  nodes: new Nodes(access, options),
  sentinels: new Sentinels(access, options),
})

export function disconnectGroup({ nodes, sentinels }: Pick<GroupClients, 'nodes' | 'sentinels'>): void {
  nodes.close()
  sentinels.close()
}

/** Asks every Redis and every Sentinel, at the same time. A process that does not answer in time is part of the result. */
export async function takeSnapshot({
  topology,
  nodes,
  sentinels,
}: Omit<GroupClients, 'groupId'>): Promise<FullSnapshot> {
  const planned = plannedProcesses(topology)
  const [redis, watching] = await Promise.all([
    Promise.all(planned.redis.map((one) => askProcess(one, () => askRedis(one, nodes)))),
    Promise.all(
      planned.sentinels.map((one) =>
        askProcess(one, () => askSentinel(one, topology.primaryName, sentinels)),
      ),
    ),
  ])
  return { redis, sentinels: watching }
}

/** The processes of a group, in the order of its data hosts. */
export function plannedProcesses({ dataHosts }: Group): Record<'redis' | 'sentinels', PlannedProcess[]> {
  const processes = (kind: PlannedProcess['kind'], addressOf: typeof redisAddress) =>
    dataHosts.map((host, index) => {
      const address = addressOf(host)
      return { kind, name: processName(kind, index, host), at: formatAddress(address), address, index }
    })
  return { redis: processes('redis', redisAddress), sentinels: processes('sentinel', sentinelAddress) }
}

/** The answer of one process, or why it does not answer. */
export async function askProcess<Facts>(
  process: PlannedProcess,
  question: () => Promise<Facts>,
): Promise<ProcessSnapshot<Facts>> {
  try {
    return { ...process, facts: await question(), problem: null, refusal: null }
  } catch (error) {
    return { ...process, facts: null, problem: messageOf(error), refusal: refusalIn(error) }
  }
}

async function askRedis({ address }: PlannedProcess, nodes: Nodes) {
  const [info] = await nodes.send(address, [['INFO']], COMMAND_TIMEOUT_MS)
  const state = readRedisState(info)
  return { ...state, ...programIn(info), groupId: state.isLoading ? null : await askGroupId(address, nodes) }
}

/** Null also when Redis answers with an error: data that cannot be read is not known to be that of the group. */
async function askGroupId(address: NodeAddress, nodes: Nodes): Promise<string | null> {
  try {
    const [groupId = null] = await nodes.send(address, [['GET', MARK_KEY]], COMMAND_TIMEOUT_MS)
    return groupId === null ? null : String(groupId)
  } catch (error) {
    if (error instanceof RedisReplyError) return null
    throw error
  }
}

async function askSentinel({ address }: PlannedProcess, primaryName: string, sentinels: Sentinels) {
  const send = (commands: string[][]) => sentinels.send(address, commands, COMMAND_TIMEOUT_MS)
  const replies = await send(sentinelQuestions(primaryName))
  return {
    ...readSentinelState(address, replies),
    ...programIn(replies[3]),
    quorumProblem: await askQuorum(send, primaryName),
  }
}

/** The commands whose replies {@link readSentinelState} reads. */
export const sentinelQuestions = (primaryName: string): string[][] => [
  ...['MASTER', 'REPLICAS', 'SENTINELS'].map((what) => ['SENTINEL', what, primaryName]),
  ['INFO'],
]

export function readSentinelState(
  address: NodeAddress,
  [primary = null, replicas, others, info]: Reply[],
): SentinelAnswer & { unreached: number; tilt: boolean } {
  const flags = [...readList(replicas), ...readList(others)].map((peer) => readField(peer, 'flags'))
  return {
    ...readAnswer(address, primary),
    unreached: flags.filter((text) => /s_down|o_down|disconnected/.test(text)).length,
    tilt: readInfo(info)['sentinel_tilt'] === '1',
  }
}

/** The error of `SENTINEL CKQUORUM`; null when the Sentinel has a quorum. */
export async function askQuorum(
  send: (commands: string[][]) => Promise<unknown>,
  primaryName: string,
): Promise<string | null> {
  try {
    await send([['SENTINEL', 'CKQUORUM', primaryName]])
    return null
  } catch (error) {
    if (error instanceof RedisReplyError) return error.message
    throw error
  }
}

/** Reads the reply of a Redis to `INFO`. */
export function readRedisState(reply: Reply | undefined) {
  const info = readInfo(reply)
  return {
    replication: parseReplication(String(reply)),
    isLoading: info['loading'] === '1',
    rewritesLog: info['aof_rewrite_in_progress'] === '1' || info['aof_rewrite_scheduled'] === '1',
  }
}

function programIn(reply: Reply | undefined): RunningProgram {
  const info = readInfo(reply)
  const valkey = info['valkey_version']
  return {
    runId: info['run_id'] ?? '',
    product: valkey === undefined ? 'Redis' : 'Valkey',
    version: valkey ?? info['redis_version'] ?? '',
  }
}

/** How a process refuses the admin, by its error; null if the error is not an answer. */
function refusalIn(error: unknown): ProcessSnapshot<unknown>['refusal'] {
  if (error instanceof AuthFailedError) return 'password'
  if (!(error instanceof RedisReplyError)) return null
  return error.kind === 'NOPERM' ? 'rights' : 'error'
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
