import type { FullSnapshot } from '@holdfast/agent/group/snapshot'

type RedisState = NonNullable<FullSnapshot['redis'][number]['facts']>
type SentinelState = NonNullable<FullSnapshot['sentinels'][number]['facts']>
type RedisChange = Partial<Omit<RedisState, 'replication'>> & {
  replication?: Partial<RedisState['replication']>
}

export const GROUP_ID = 'the group id'

/** The address of a Redis in {@link groupSnapshot}, counted from 1. */
export const redisAt = (number: number) => `10.0.0.1${number}:6379`

/**
 * A healthy group of three, whose first Redis is the primary. Changes are by number; null: the process does not answer.
 */
export function groupSnapshot(
  redis: Readonly<Record<number, RedisChange | null>> = {},
  sentinels: Readonly<Record<number, Partial<SentinelState> | null>> = {},
): FullSnapshot {
  return {
    redis: [1, 2, 3].map((number) => {
      const change = redis[number]
      const { replication, ...more } = change ?? {}
      return {
        ...processOf('redis', number, 6379, change),
        facts:
          change === null
            ? null
            : { ...redisState(number), ...more, replication: { ...replicationOf(number), ...replication } },
      }
    }),
    sentinels: [1, 2, 3].map((number) => {
      const change = sentinels[number]
      return {
        ...processOf('sentinel', number, 26_379, change),
        facts: change === null ? null : { ...sentinelState(number), ...change },
      }
    }),
  }
}

const processOf = (kind: 'redis' | 'sentinel', number: number, port: number, change: unknown) => ({
  kind,
  name: `${kind}-${number}`,
  at: `10.0.0.1${number}:${port}`,
  address: { host: `10.0.0.1${number}`, port },
  index: number - 1,
  problem: change === null ? `10.0.0.1${number}:${port} did not answer.` : null,
  refusal: null,
})

const redisState = (number: number): Omit<RedisState, 'replication'> => ({
  runId: `old-r${number}`,
  product: 'Redis',
  version: '7.0.15',
  isLoading: false,
  rewritesLog: false,
  groupId: GROUP_ID,
})

const replicationOf = (number: number): RedisState['replication'] => ({
  role: number === 1 ? 'primary' : 'replica',
  replid: 'a',
  replid2: '0',
  offset: 1000,
  replicas: number === 1 ? [2, 3].map((one) => ({ address: redisAt(one), offset: 1000, lagSeconds: 0 })) : [],
  primaryAddress: number === 1 ? null : redisAt(1),
  linkUp: number !== 1,
})

const sentinelState = (number: number): SentinelState => ({
  runId: `old-s${number}`,
  product: 'Redis',
  version: '7.0.15',
  sentinel: { host: `10.0.0.1${number}`, port: 26_379 },
  primary: redisAt(1),
  configEpoch: 0,
  knownReplicas: 2,
  knownSentinels: 2,
  failingOver: false,
  findsItDown: false,
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  unreached: 0,
  tilt: false,
  quorumProblem: null,
})
