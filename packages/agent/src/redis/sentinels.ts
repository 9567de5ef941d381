import { type Group, QUORUM, sentinelAddress } from '@holdfast/site/topology/topology'
import {
  formatAddress,
  type NodeAddress,
  observationQuestions,
  type Reply,
  readObservation,
  type SentinelObservation,
} from '@holdfast/tokens/redis'
import type { GroupAccess } from './access.ts'
import { ConnectionPool, fulfilledValues } from './connection-pool.ts'
import { readAddress, readField } from './replies.ts'

/** One Sentinel's state of the primary. */
export interface SentinelAnswer {
  sentinel: NodeAddress
  /** `host:port` of the primary that this Sentinel names. */
  primary: string
  configEpoch: number
  knownReplicas: number
  /** How many other Sentinels it knows. */
  knownSentinels: number
  /** This Sentinel leads a failover now. */
  failingOver: boolean
  /** This Sentinel itself marks the primary as down, after no valid reply for `down-after` (`s_down`). */
  findsItDown: boolean
  downAfterMs: number
  failoverTimeoutMs: number
}

/** The primary that one Sentinel announces. */
export interface Announcement extends SentinelObservation {
  sentinel: NodeAddress
}

/** The Sentinels of a data centre, queried as their admin user. */
export class Sentinels {
  readonly #topology: Group
  readonly #connections: ConnectionPool

  /** `acceptExpired`: also connect to Sentinels whose certificates have expired. */
  constructor({ topology, secrets, tls }: GroupAccess, { acceptExpired = false } = {}) {
    this.#topology = topology
    this.#connections = new ConnectionPool({
      username: 'admin',
      password: secrets.sentinelAdmin,
      tls,
      acceptExpired,
    })
  }

  /** The answers of the Sentinels that reply within `timeoutMs`. */
  answers(timeoutMs: number): Promise<SentinelAnswer[]> {
    return fulfilledValues(
      this.#topology.dataHosts.map((host) => this.answer(sentinelAddress(host), timeoutMs)),
    )
  }

  async answer(sentinel: NodeAddress, timeoutMs: number): Promise<SentinelAnswer> {
    const [reply] = await this.send(sentinel, [['SENTINEL', 'MASTER', this.#topology.primaryName]], timeoutMs)
    return readAnswer(sentinel, reply ?? null)
  }

  /** The announcements of the Sentinels that reply within `timeoutMs`. */
  announcements(timeoutMs: number): Promise<Announcement[]> {
    const { primaryName, dataHosts } = this.#topology
    return fulfilledValues(
      dataHosts.map(sentinelAddress).map(async (sentinel) => {
        return readAnnouncement(
          sentinel,
          await this.send(sentinel, announcementQuestions(primaryName), timeoutMs),
        )
      }),
    )
  }

  send(sentinel: NodeAddress, commands: readonly string[][], timeoutMs: number): Promise<Reply[]> {
    return this.#connections.send(sentinel, commands, timeoutMs)
  }

  /** Uses these credentials for new connections. Open connections stay as they are. */
  renew({ secrets, tls }: Pick<GroupAccess, 'secrets' | 'tls'>): void {
    this.#connections.renew({ password: secrets.sentinelAdmin, tls })
  }

  close(): void {
    this.#connections.close()
  }
}

/** The primary that at least two of the three Sentinels name; null when no two agree. */
export function namedByMajority(answers: readonly SentinelAnswer[]): string | null {
  const votes = new Map<string, number>()
  for (const { primary } of answers) votes.set(primary, (votes.get(primary) ?? 0) + 1)
  for (const [primary, count] of votes) if (count >= QUORUM) return primary
  return null
}

/** The commands whose replies {@link readAnnouncement} reads. */
export const announcementQuestions = (primaryName: string): string[][] =>
  observationQuestions(primaryName).map((question) => ['SENTINEL', ...question])

export const readAnnouncement = (sentinel: NodeAddress, [primary, named]: Reply[]): Announcement => ({
  sentinel,
  ...readObservation(primary, named),
})

export function readAnswer(sentinel: NodeAddress, reply: Reply): SentinelAnswer {
  const number = (name: string) => Number(readField(reply, name))
  const flags = readField(reply, 'flags').split(',')
  return {
    sentinel,
    primary: formatAddress(readAddress(reply)),
    configEpoch: number('config-epoch'),
    knownReplicas: number('num-slaves'),
    knownSentinels: number('num-other-sentinels'),
    failingOver: flags.includes('failover_in_progress'),
    findsItDown: flags.includes('s_down'),
    downAfterMs: number('down-after-milliseconds'),
    failoverTimeoutMs: number('failover-timeout'),
  }
}
