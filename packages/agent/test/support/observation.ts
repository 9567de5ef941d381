import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { type GroupPlan, HostGroup } from '../../src/host/group.ts'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import type { Asked, Observation } from '../../src/watchdog/rules/rule.ts'

export const redisAt = (host: string): NodeAddress => ({ host, port: 6379 })
export const sentinelAt = (host: string): NodeAddress => ({ host, port: 26_379 })

/** Three hosts with a Redis and a Sentinel each. */
const PLAN: GroupPlan = {
  primaryName: 'mymaster',
  failoverTimeoutMs: 6000,
  redis: ['a', 'b', 'c'].map(redisAt),
  sentinels: ['sa', 'sb', 'sc'].map(sentinelAt),
}

/** An observation in which no server answers, and what is given. */
export const observe = (more: Partial<Observation> = {}): Observation => ({
  nowMs: 0,
  random: 0,
  plan: PLAN,
  own: { redis: [], sentinels: [] },
  views: [],
  answers: [],
  announcements: [],
  ballots: [],
  pings: [],
  clocks: [],
  data: [],
  newestEpoch: 0,
  exits: [],
  running: [],
  ended: [],
  ...more,
})

/** The view of a replica of `a`, or what is given. */
export const viewOf = (host: string, more: Partial<NodeView & Asked> = {}): NodeView & Asked => ({
  address: redisAt(host),
  role: 'replica',
  replid: 'now',
  replid2: '0',
  offset: 1,
  replicas: [],
  primaryAddress: formatAddress(redisAt('a')),
  linkUp: true,
  askedAtMs: 0,
  ...more,
})

/** The view of a primary. */
export const primaryOf = (host: string, more: Partial<NodeView & Asked> = {}): NodeView & Asked =>
  viewOf(host, { role: 'primary', primaryAddress: null, linkUp: false, ...more })

/** The answer of a Sentinel that names `a` and knows of no fault, or what is given. */
export const answerOf = (
  host: string,
  more: Partial<SentinelAnswer & Asked> = {},
): SentinelAnswer & Asked => ({
  sentinel: sentinelAt(host),
  primary: formatAddress(redisAt('a')),
  configEpoch: 3,
  knownReplicas: 2,
  knownSentinels: 2,
  failingOver: false,
  findsItDown: false,
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  askedAtMs: 0,
  ...more,
})

/** Sends a command to a server that a test plays. */
export type Send = (server: NodeAddress, command: readonly string[]) => Promise<Reply> | Reply

/** A group whose servers a test plays. */
export function playedGroup(
  plan: Partial<GroupPlan>,
  { node = () => null, sentinel = () => null }: { node?: Send; sentinel?: Send },
): HostGroup {
  const sendAll = (send: Send) => (server: NodeAddress, commands: readonly string[][]) =>
    Promise.all(commands.map(async (command) => send(server, command)))
  return new HostGroup(
    { ...PLAN, ...plan },
    {
      sendToNode: sendAll(node),
      queryNode: sendAll(node),
      sendToSentinel: sendAll(sentinel),
      open: () => Promise.reject(new Error('The test has no connection to open.')),
      claim: async () => () => {},
      close: () => {},
    },
  )
}
