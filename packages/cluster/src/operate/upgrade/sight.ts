import { formatAddress, MARK_KEY, parseReplication, type ReplicationView } from '@holdfast/tokens/redis'
import type { GroupAccess } from '../../redis/access.ts'
import type { Nodes } from '../../redis/nodes.ts'
import { readField, readInfo, readList } from '../../redis/replies.ts'
import { readAnswer, type SentinelAnswer, type Sentinels } from '../../redis/sentinels.ts'
import { processName, redisAddress, sentinelAddress } from '../../topology/topology.ts'

/** Deadline of each question (in milliseconds). */
const PATIENCE_MS = 1500

/** Every Redis and Sentinel of a data centre at one moment. */
export interface Sight {
  redis: Seen<RedisSight>[]
  sentinels: Seen<SentinelSight>[]
}

/** One process with what it says; null while it does not answer. */
export interface Seen<Facts> {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  /** `host:port` */
  at: string
  /** Its data host, by place. */
  index: number
  facts: Facts | null
  /** Why it does not answer; empty when it does. */
  problem: string
}

interface ProcessSight {
  /** Another at each start. */
  runId: string
  version: string
}

export interface RedisSight extends ProcessSight {
  replication: ReplicationView
  isLoading: boolean
  /** It writes its append-only file anew: until that is done, a start would be one from the past. */
  rewritesLog: boolean
  /** Its data set is that of this data centre. */
  hasMark: boolean
}

export interface SentinelSight extends ProcessSight {
  answer: SentinelAnswer
  /** Replicas and Sentinels that it knows and does not reach. */
  unreached: number
  tilt: boolean
  /** What it answers to `SENTINEL CKQUORUM`; null when it has one. */
  quorumProblem: string | null
}

/** Asks everybody once, at the same time. */
export async function look(
  { topology, secrets }: GroupAccess,
  nodes: Nodes,
  sentinels: Sentinels,
): Promise<Sight> {
  const { dataHosts, primaryName } = topology
  const [redis, watching] = await Promise.all([
    Promise.all(
      dataHosts.map((host, index) => {
        const address = redisAddress(host)
        const seen = { kind: 'redis' as const, name: processName('redis', index, host), index }
        return asked({ ...seen, at: formatAddress(address) }, async () => {
          const [info, mark] = await nodes.send(address, [['INFO'], ['GET', MARK_KEY]], PATIENCE_MS)
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
            PATIENCE_MS,
          )
          const fields = readInfo(info)
          const flags = [...readList(replicas), ...readList(others)].map((peer) => readField(peer, 'flags'))
          return {
            ...processIn(fields),
            answer: readAnswer(address, primary),
            unreached: flags.filter((text) => /s_down|o_down|disconnected/.test(text)).length,
            tilt: fields['sentinel_tilt'] === '1',
            quorumProblem: await sentinels
              .send(address, [['SENTINEL', 'CKQUORUM', primaryName]], PATIENCE_MS)
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
  seen: Omit<Seen<Facts>, 'facts' | 'problem'>,
  question: () => Promise<Facts>,
): Promise<Seen<Facts>> {
  try {
    return { ...seen, facts: await question(), problem: '' }
  } catch (error) {
    return { ...seen, facts: null, problem: messageOf(error) }
  }
}

const processIn = (info: Readonly<Record<string, string>>): ProcessSight => ({
  runId: info['run_id'] ?? '',
  version: info['valkey_version'] ?? info['redis_version'] ?? '',
})

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
