import type { HostGroup } from '../host/group.ts'
import { Actor } from './act.ts'
import { Observer } from './observer.ts'
import { closeAbandonedElections } from './rules/abandoned-election.ts'
import { demoteReplacedPrimaries } from './rules/demote-replaced-primary.ts'
import { repointReplicasEarly } from './rules/repoint-replicas-early.ts'
import type { AnyRule, OwnServers } from './rules/rule.ts'
import { repeatSplitVotes } from './rules/split-vote.ts'
import { restartStuckSentinels } from './rules/stuck-sentinel.ts'

/** The rules for every data centre, also for one on one machine. Each watches over the failovers of Sentinel. */
export const GROUP_RULES: readonly AnyRule[] = [
  repointReplicasEarly,
  demoteReplacedPrimaries,
  repeatSplitVotes,
  closeAbandonedElections,
  restartStuckSentinels,
]

interface WatchGroupOptions {
  group: HostGroup
  /** The servers whose repair is the duty of this agent. */
  own: OwnServers
  rules: readonly AnyRule[]
  log: (event: string, details: Record<string, unknown>) => void
}

/**
 * The loop of the host agent: observes the group, lets each rule decide, and starts the actions that they want. It never waits
 * for a server or for an action: an answer, an event or the end of an action begins the next round. Rejects when the signal
 * aborts.
 */
export async function watchGroup(
  { group, own, rules, log }: WatchGroupOptions,
  signal: AbortSignal,
): Promise<never> {
  const observer = new Observer({ group, own, needs: new Set(rules.flatMap(({ needs }) => needs)) })
  const actor = new Actor({ group, log, onEnd: () => observer.wake() })
  const deciders = rules.map((rule) => rule.start())
  observer.start(signal)
  for (;;) {
    const observed = await observer.next(signal)
    const [ended, running] = [actor.takeEnded(), actor.running]
    const observation = { ...observed, random: Math.random(), running, ended }
    for (const action of deciders.flatMap((decide) => decide(observation))) actor.start(action, signal)
  }
}
