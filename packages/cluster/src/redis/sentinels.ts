import {
  formatAddress,
  type NodeAddress,
  observationQuestions,
  type Reply,
  readObservation,
  type SentinelObservation,
} from '@holdfast/tokens/redis'
import type { GroupAccess } from './access.ts'
import { type Group, QUORUM, sentinelAddress } from '../topology/topology.ts'
import { inTime } from './in-time.ts'
import { Lines, readAddress, readField } from './lines.ts'

/** What one Sentinel says about the primary. */
export interface SentinelAnswer {
  sentinel: NodeAddress
  /** `host:port` of the primary that it names. */
  primary: string
  configEpoch: number
  knownReplicas: number
  /** Sentinels that it knows besides itself. */
  knownSentinels: number
  /** It leads a failover at present. */
  failingOver: boolean
  /** It has found the primary silent by itself, for longer than `down-after`. */
  findsItDown: boolean
  downAfterMs: number
  failoverTimeoutMs: number
}

/** Whom one Sentinel announces. */
export interface Announcement extends SentinelObservation {
  sentinel: NodeAddress
}

/** The Sentinels of a data centre, asked as their admin user. */
export class Sentinels {
  readonly #topology: Group
  readonly #lines: Lines

  /** `alsoEnded`: those are asked, too, whose certificates have ended. */
  constructor({ topology, secrets, tls }: GroupAccess, { alsoEnded = false } = {}) {
    this.#topology = topology
    this.#lines = new Lines({ username: 'admin', password: secrets.sentinelAdmin, tls, alsoEnded })
  }

  /** The answers of those that answer in time (in milliseconds). */
  answers(timeoutMs: number): Promise<SentinelAnswer[]> {
    return inTime(this.#topology.dataHosts.map((host) => this.answer(sentinelAddress(host), timeoutMs)))
  }

  async answer(sentinel: NodeAddress, timeoutMs: number): Promise<SentinelAnswer> {
    const [reply] = await this.send(sentinel, [['SENTINEL', 'MASTER', this.#topology.primaryName]], timeoutMs)
    return readAnswer(sentinel, reply ?? null)
  }

  /** Whom those announce that answer in time (in milliseconds). */
  announcements(timeoutMs: number): Promise<Announcement[]> {
    const { primaryName, dataHosts } = this.#topology
    return inTime(
      dataHosts.map(sentinelAddress).map(async (sentinel) => {
        return readAnnouncement(
          sentinel,
          await this.send(sentinel, announcementQuestions(primaryName), timeoutMs),
        )
      }),
    )
  }

  send(sentinel: NodeAddress, commands: readonly string[][], timeoutMs: number): Promise<Reply[]> {
    return this.#lines.send(sentinel, commands, timeoutMs)
  }

  /** From now on fresh connections log in by these; those that are open stay. */
  renew({ secrets, tls }: Pick<GroupAccess, 'secrets' | 'tls'>): void {
    this.#lines.renew({ password: secrets.sentinelAdmin, tls })
  }

  close(): void {
    this.#lines.close()
  }
}

/** The primary that at least two of the three Sentinels name, or null. */
export function namedByMajority(answers: readonly SentinelAnswer[]): string | null {
  const votes = new Map<string, number>()
  for (const { primary } of answers) votes.set(primary, (votes.get(primary) ?? 0) + 1)
  for (const [primary, count] of votes) if (count >= QUORUM) return primary
  return null
}

/** What {@link readAnnouncement} reads the replies to. */
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
