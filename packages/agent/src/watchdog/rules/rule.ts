import type { ClockReading, NodeAddress } from '@holdfast/tokens/redis'
import type { GroupPlan } from '../../host/group.ts'
import type { NodeView } from '../../redis/nodes.ts'
import type { Announcement, SentinelAnswer } from '../../redis/sentinels.ts'

/** When the server was asked (monotonic, in milliseconds). The answer shows the server's state after that. */
export interface Asked {
  askedAtMs: number
}

/** The state of one Sentinel in the current election. */
export interface Ballot {
  sentinel: NodeAddress
  id: string
  /** It has asked for votes, and its election has neither ended nor been given up. */
  isCandidate: boolean
  /** It was elected and has chosen a replica to promote. */
  hasChosen: boolean
  /** The id of the Sentinel that it voted for last; null when it has not voted. */
  vote: string | null
  /** The epoch of that vote. */
  epoch: number
  knownSentinels: number
}

/** The clock of a Redis, and its `replica-priority`, or null when it is not a number. */
export interface Clock extends ClockReading {
  redis: NodeAddress
  priority: number | null
}

/** Whether a Sentinel waits for a time that its clock showed before it was set back (FACT-64). */
export interface PingState {
  sentinel: NodeAddress
  waitsForOldTime: boolean
}

/** What a Redis of this agent holds. */
export interface DataState {
  redis: NodeAddress
  hasGroupId: boolean
  isEmpty: boolean
}

/** The servers whose repair is the duty of this agent: those of its host, or on one machine all. */
export interface OwnServers {
  redis: readonly NodeAddress[]
  sentinels: readonly NodeAddress[]
}

/**
 * What the agent knows at one moment. A server that does not answer in time is left out of the lists. Times are monotonic,
 * in milliseconds.
 */
export interface Observation {
  nowMs: number
  /** A random number from 0 to 1. */
  random: number
  plan: GroupPlan
  own: OwnServers
  views: readonly (NodeView & Asked)[]
  answers: readonly (SentinelAnswer & Asked)[]
  announcements: readonly (Announcement & Asked)[]
  /** Asked while a Sentinel of this agent leads a failover. */
  ballots: readonly (Ballot & Asked)[]
  pings: readonly (PingState & Asked)[]
  clocks: readonly (Clock & Asked)[]
  /** Asked until each Redis of this agent has a group id. */
  data: readonly (DataState & Asked)[]
  /** The newest election epoch in any Sentinel's hello message; 0 before the first message. */
  newestEpoch: number
  /** The last end of each Redis process of this agent, as the kernel reported it. */
  exits: readonly { redis: NodeAddress; endedAtMs: number }[]
  running: readonly Action[]
  /** The actions that have ended since the last observation. */
  ended: readonly EndedAction[]
}

/** A handover from a primary to a replica and back. */
export interface Detour {
  primary: NodeAddress
  via: NodeAddress
  /** The Sentinels that name this primary. */
  sentinels: readonly NodeAddress[]
}

/** What a rule wants to have done. `seenAtMs` is the age of the answer that asks for it: see `Actor`. */
export type Action = { seenAtMs: number } & (
  | { kind: 'repoint'; replica: NodeAddress; promoted: NodeAddress }
  | { kind: 'redial'; replica: NodeAddress; primary: NodeAddress }
  | { kind: 'set periods'; sentinel: NodeAddress; isLong: boolean }
  | { kind: 'repeat vote'; sentinel: NodeAddress }
  | { kind: 'restore failover-timeout'; sentinel: NodeAddress }
  | { kind: 'restart Sentinel'; sentinel: NodeAddress }
  | { kind: 'set priority'; redis: NodeAddress; priority: number }
  | { kind: 'leave wrong clock'; from: NodeAddress; to: NodeAddress; sentinels: readonly NodeAddress[] }
  | ({ kind: 'close election' } & Detour)
  | { kind: 'write group id'; redis: NodeAddress; id: string }
  | { kind: 'fail over'; dead: NodeAddress; limitMs: number }
)

/** An action that has ended. `error` is null when it succeeded. */
export interface EndedAction {
  action: Action
  error: unknown
}

/** Something that a rule looks at, and that the agent observes only for the rules that need it. */
export type Topic = 'views' | 'sentinels' | 'ballots' | 'pings' | 'clocks' | 'data' | 'epochs' | 'exits'

export interface Decision<Memory> {
  actions: readonly Action[]
  memory: Memory
}

/** A rule that can be run without knowing the type of its memory. */
export interface AnyRule {
  name: string
  needs: readonly Topic[]
  /** Begins with an empty memory. The result decides on each observation, which it must get in order. */
  start: () => (observation: Observation) => readonly Action[]
}

/** Decides what the agent does about one kind of fault. Pure: it does no I/O, reads no clock and draws no random number. */
export interface Rule<Memory> extends AnyRule {
  initial: () => Memory
  decide: (observation: Observation, memory: Memory) => Decision<Memory>
}

export const defineRule = <Memory>(rule: Omit<Rule<Memory>, 'start'>): Rule<Memory> => ({
  ...rule,
  start: () => {
    let memory = rule.initial()
    return (observation) => {
      const decision = rule.decide(observation, memory)
      memory = decision.memory
      return decision.actions
    }
  },
})

/** Decides for each of these servers with a memory of its own, by the server's key. */
export function decideForEach<Server, Memory>(
  servers: readonly (readonly [key: string, Server])[],
  memories: ReadonlyMap<string, Memory>,
  decideOne: (server: Server, memory: Memory | undefined) => Decision<Memory>,
): Decision<ReadonlyMap<string, Memory>> {
  const decisions = servers.map(([key, server]) => [key, decideOne(server, memories.get(key))] as const)
  return {
    actions: decisions.flatMap(([, { actions }]) => actions),
    memory: new Map(decisions.map(([key, { memory }]) => [key, memory])),
  }
}
