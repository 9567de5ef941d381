import { claimInGroup } from '@holdfast/agent/redis/group-lock'
import type { Nodes } from '@holdfast/agent/redis/nodes'
import type { Sentinels } from '@holdfast/agent/redis/sentinels'
import {
  CLOSE_ELECTION_OPERATION,
  closeAbandonedElections,
} from '@holdfast/agent/watchdog/abandoned-election'
import { demoteReplacedPrimaries } from '@holdfast/agent/watchdog/demote-replaced-primary'
import { HelloListener } from '@holdfast/agent/watchdog/hello-listener'
import { repointReplicasEarly } from '@holdfast/agent/watchdog/repoint-replicas-early'
import { repeatSplitVotes } from '@holdfast/agent/watchdog/split-vote'
import { restartStuckSentinels } from '@holdfast/agent/watchdog/stuck-sentinel'
import { type Group, redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { sentinelAccess } from '../state/lock.ts'
import { openLocal } from '../state/open.ts'

/** Deadline of a query during a handover, which is not repeated. */
const HANDOVER_QUERY_TIMEOUT_MS = 1000

export interface LocalAgentOptions {
  topology: Group
  nodes: Nodes
  sentinels: Sentinels
  stateDir: string
  /** Deadline of a command to a Redis or a Sentinel. */
  commandTimeoutMs: number
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/** Does the work of the host agents of all hosts, for a data centre of this machine, until the signal aborts. */
export function startLocalAgent(options: LocalAgentOptions): void {
  const { topology, nodes, sentinels, commandTimeoutMs, log, signal } = options
  const { dataHosts, primaryName, timings } = topology
  const sentinelAddresses = dataHosts.map(sentinelAddress)
  const redisAddresses = dataHosts.map(redisAddress)
  const sendToNode = (node: NodeAddress, command: string[]) => nodes.send(node, [command], commandTimeoutMs)
  const hellos = new HelloListener({
    redis: redisAddresses,
    primaryName,
    open: (node, timeoutMs) => nodes.open(node, timeoutMs),
  })
  const earlyRepointing = {
    sentinels: sentinelAddresses,
    askSentinel: (sentinel: NodeAddress) => sentinels.answer(sentinel, commandTimeoutMs),
    viewsWithout: (address: string) => nodes.views(commandTimeoutMs, address),
    sendToNode,
    log,
  }
  const demotion = {
    own: { redis: redisAddresses, sentinels: sentinelAddresses },
    views: () => nodes.views(commandTimeoutMs),
    announcements: () => sentinels.announcements(commandTimeoutMs),
    sendToNode,
    sendToSentinel: (sentinel: NodeAddress, command: string[]) =>
      sentinels.send(sentinel, [command], commandTimeoutMs),
    log,
  }
  const ownSentinels = {
    own: sentinelAddresses,
    all: sentinelAddresses,
    primaryName,
    failoverTimeoutMs: timings.failoverTimeoutMs,
    sendToSentinel: (sentinel: NodeAddress, commands: string[][]) =>
      sentinels.send(sentinel, commands, commandTimeoutMs),
    log,
  }
  hellos.listen(signal).catch(() => {})
  closeAbandonedElections(abandonedElections(options, hellos), signal).catch(() => {})
  repointReplicasEarly(earlyRepointing, signal).catch(() => {})
  demoteReplacedPrimaries(demotion, signal).catch(() => {})
  repeatSplitVotes(ownSentinels, signal).catch(() => {})
  restartStuckSentinels(ownSentinels, signal).catch(() => {})
}

function abandonedElections(
  { topology, nodes, sentinels, stateDir, commandTimeoutMs, log }: LocalAgentOptions,
  hellos: HelloListener,
) {
  const { dataHosts, primaryName, timings } = topology
  const open = async () => sentinelAccess(await openLocal(stateDir))
  return {
    own: dataHosts.map(redisAddress),
    plannedSentinels: dataHosts.length,
    primaryName,
    failoverTimeoutMs: timings.failoverTimeoutMs,
    sentinelAnswers: () => sentinels.answers(commandTimeoutMs),
    views: () => nodes.views(commandTimeoutMs),
    newestEpoch: () => hellos.newestEpoch,
    claim: async () => {
      const claimed = await claimInGroup(await open(), CLOSE_ELECTION_OPERATION, open)
      return claimed.other === null ? claimed.release : null
    },
    view: (node: NodeAddress) => nodes.view(node, HANDOVER_QUERY_TIMEOUT_MS),
    sendToNode: async (node: NodeAddress, command: string[]) =>
      (await nodes.send(node, [command], HANDOVER_QUERY_TIMEOUT_MS))[0] ?? null,
    sendToSentinel: async (node: NodeAddress, command: string[]) =>
      (await sentinels.send(node, [command], HANDOVER_QUERY_TIMEOUT_MS))[0] ?? null,
    log,
  }
}
