import { formatAddress, MARK_KEY, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import type { HostGroup } from '../host/group.ts'
import { readField, readList } from '../redis/replies.ts'
import {
  type Announcement,
  announcementQuestions,
  readAnnouncement,
  readAnswer,
  type SentinelAnswer,
} from '../redis/sentinels.ts'
import type { Ballot, Clock, DataState, PingState } from './rules/rule.ts'
import { waitsForOldTime } from './rules/stuck-sentinel.ts'

/** Asks for the current vote without requesting one: every real epoch is higher (FACT-30). */
const NO_EPOCH = '0'
const NO_VOTE = '*'

/** What a Sentinel answers about the primary, and the primary that it announces. */
export interface SentinelReply {
  answer: SentinelAnswer
  announcement: Announcement
}

export async function askSentinel(group: HostGroup, sentinel: NodeAddress): Promise<SentinelReply> {
  const replies = await group.sendAllToSentinel(sentinel, announcementQuestions(group.plan.primaryName))
  return {
    answer: readAnswer(sentinel, replies[0] ?? null),
    announcement: readAnnouncement(sentinel, replies),
  }
}

export async function askBallot(group: HostGroup, sentinel: NodeAddress): Promise<Ballot> {
  const { primaryName } = group.plan
  const [id = null, master = null, replicas = null] = await group.sendAllToSentinel(sentinel, [
    ['SENTINEL', 'MYID'],
    ['SENTINEL', 'MASTER', primaryName],
    ['SENTINEL', 'REPLICAS', primaryName],
  ])
  const { failingOver, knownSentinels } = readAnswer(sentinel, master)
  const primary = [readField(master, 'ip'), readField(master, 'port')]
  const question = ['SENTINEL', 'IS-MASTER-DOWN-BY-ADDR', ...primary, NO_EPOCH, String(id)]
  const vote = await group.sendToSentinel(sentinel, question)
  return {
    sentinel,
    id: String(id),
    isCandidate: failingOver,
    hasChosen: readList(replicas).some(isChosen),
    knownSentinels,
    ...readVote(vote),
  }
}

function readVote(reply: Reply): Pick<Ballot, 'vote' | 'epoch'> {
  const [, vote = NO_VOTE, epoch = 0] = readList(reply)
  return { vote: String(vote) === NO_VOTE ? null : String(vote), epoch: Number(epoch) }
}

/** Whether the Sentinel that lists this replica has chosen it for promotion. */
export const isChosen = (replica: Reply) => readField(replica, 'flags').split(',').includes('promoted')

export async function askPings(group: HostGroup, sentinel: NodeAddress): Promise<PingState> {
  const [primary = null, replicas = null, peers = null] = await group.sendAllToSentinel(
    sentinel,
    ['MASTER', 'REPLICAS', 'SENTINELS'].map((what) => ['SENTINEL', what, group.plan.primaryName]),
  )
  return {
    sentinel,
    waitsForOldTime: waitsForOldTime([primary, ...readList(replicas), ...readList(peers)]),
  }
}

/** Asks how far a node's clock is ahead of this process's clock. A quick reply makes it precise. */
export async function askClock(group: HostGroup, redis: NodeAddress): Promise<Clock> {
  const address = formatAddress(redis)
  const beforeMs = Date.now()
  const time = await group.sendToNode(redis, ['TIME'])
  const middleMs = (beforeMs + Date.now()) / 2
  const [seconds, micros] = readList(time).map((part) => Number(String(part)))
  const aheadMs = Number(seconds) * 1000 + Number(micros) / 1000 - middleMs
  if (!Number.isFinite(aheadMs)) throw new Error(`${address} does not report its time.`)
  const reply = await group.sendToNode(redis, ['CONFIG', 'GET', 'replica-priority'])
  const priority = readField(reply, 'replica-priority')
  return { redis, address, aheadMs, priority: /^\d+$/.test(priority) ? Number(priority) : null }
}

export async function askData(group: HostGroup, redis: NodeAddress): Promise<DataState> {
  const mark = await group.sendToNode(redis, ['GET', MARK_KEY])
  return {
    redis,
    hasGroupId: mark !== null,
    isEmpty: mark === null && Number(await group.sendToNode(redis, ['DBSIZE'])) === 0,
  }
}
