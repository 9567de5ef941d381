import type { GroupAccess } from '@holdfast/agent/redis/access'
import type { Nodes } from '@holdfast/agent/redis/nodes'
import { readField, readInfo, readList } from '@holdfast/agent/redis/replies'
import { readAnswer, type SentinelAnswer, type Sentinels } from '@holdfast/agent/redis/sentinels'
import { processName, redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress, MARK_KEY, parseReplication, type ReplicationView } from '@holdfast/tokens/redis'

/** Deadline of one command (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1500

/** Every Redis and Sentinel of a data centre at one moment. */
export interface GroupSnapshot {
  redis: ProcessSnapshot<RedisState>[]
  sentinels: ProcessSnapshot<SentinelState>[]
}

/** One process with its facts; null while it does not answer. */
export interface ProcessSnapshot<Facts> {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  /** `host:port` */
  at: string
  /** The index of its data host. */
  index: number
  facts: Facts | null
  /** Why it does not answer; empty when it does. */
  problem: string
}

interface ProcessState {
  /** Changes at each start. */
  runId: string
  version: string
}

export interface RedisState extends ProcessState {
  replication: ReplicationView
  isLoading: boolean
  /** It rewrites its append-only file: before that ends, a restart would load old data. */
  rewritesLog: boolean
  /** Its data belongs to this data centre. */
  hasMark: boolean
}

export interface SentinelState extends ProcessState {
  answer: SentinelAnswer
  /** How many replicas and Sentinels it knows but does not reach. */
  unreached: number
  tilt: boolean
  /** The error of `SENTINEL CKQUORUM`; null when it has a quorum. */
  quorumProblem: string | null
}

/** Asks every Redis and every Sentinel, at the same time. */
export async function takeSnapshot(
  { topology, secrets }: GroupAccess,
  nodes: Nodes,
  sentinels: Sentinels,
): Promise<GroupSnapshot> {
  const { dataHosts, primaryName } = topology
  const [redis, watching] = await Promise.all([
    Promise.all(
      dataHosts.map((host, index) => {
        const address = redisAddress(host)
        const seen = { kind: 'redis' as const, name: processName('redis', index, host), index }
        return asked({ ...seen, at: formatAddress(address) }, async () => {
          const [info, mark] = await nodes.send(address, [['INFO'], ['GET', MARK_KEY]], COMMAND_TIMEOUT_MS)
          const fields = readInfo(info)
          return {
            ...processIn(fields),
            replication: parseReplication(String(info)),
            isLoading: fields['loading'] === '1',
            rewritesLog: fields['aof_rewrite_in_progress'] === '1' || fields['aof_rewrite_scheduled'] === '1',
            hasMark: String(mark) === secrets.mark,
          }
        })
      }),
    ),
    Promise.all(
      dataHosts.map((host, index) => {
        const address = sentinelAddress(host)
        const seen = { kind: 'sentinel' as const, name: processName('sentinel', index, host), index }
        return asked({ ...seen, at: formatAddress(address) }, async () => {
          const [info, primary = null, replicas, others] = await sentinels.send(
            address,
            [['INFO'], ...['MASTER', 'REPLICAS', 'SENTINELS'].map((what) => ['SENTINEL', what, primaryName])],
            COMMAND_TIMEOUT_MS,
          )
          const fields = readInfo(info)
          const flags = [...readList(replicas), ...readList(others)].map((peer) => readField(peer, 'flags'))
          return {
            ...processIn(fields),
            answer: readAnswer(address, primary),
            unreached: flags.filter((text) => /s_down|o_down|disconnected/.test(text)).length,
            tilt: fields['sentinel_tilt'] === '1',
            quorumProblem: await sentinels
              .send(address, [['SENTINEL', 'CKQUORUM', primaryName]], COMMAND_TIMEOUT_MS)
              .then(
                () => null,
                (error: unknown) => messageOf(error),
              ),
          }
        })
      }),
    ),
  ])
  return { redis, sentinels: watching }
}

async function asked<Facts>(
  seen: Omit<ProcessSnapshot<Facts>, 'facts' | 'problem'>,
  question: () => Promise<Facts>,
): Promise<ProcessSnapshot<Facts>> {
  try {
    return { ...seen, facts: await question(), problem: '' }
  } catch (error) {
    return { ...seen, facts: null, problem: messageOf(error) }
  }
}

const processIn = (info: Readonly<Record<string, string>>): ProcessState => ({
  runId: info['run_id'] ?? '',
  version: info['valkey_version'] ?? info['redis_version'] ?? '',
})

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
