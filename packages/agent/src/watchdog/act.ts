import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import {
  type ActOptions,
  redial,
  repointReplica,
  restartSentinel,
  setPriority,
  writeGroupId,
} from './commands.ts'
import { closeElection, leaveWrongClock } from './handovers.ts'
import { repeatVote, restoreFailoverTimeout } from './repeat-vote.ts'
import type { Action, EndedAction } from './rules/rule.ts'
import { LONG_PUBLISH_PERIOD_COMMAND, PERIODS_COMMAND } from './sentinel-settings.ts'
import { askForFailover } from './watchdog.ts'

/**
 * Runs the actions that the rules want, beside the loop. Rules may want an action again and again until they see its effect:
 * at most one action on the same subject runs at a time, and an action that an answer from before the end of the last one asks
 * for is left out.
 */
export class Actor {
  readonly #options: ActOptions & { onEnd: () => void }
  readonly #running = new Map<string, Action>()
  readonly #endedAtMs = new Map<string, number>()
  #ended: EndedAction[] = []

  constructor(options: ActOptions & { onEnd: () => void }) {
    this.#options = options
  }

  get running(): readonly Action[] {
    return [...this.#running.values()]
  }

  /** The actions that have ended since the last call. */
  takeEnded(): readonly EndedAction[] {
    const ended = this.#ended
    this.#ended = []
    return ended
  }

  /** Starts an action, unless it runs already or was just done. Every request in it has a deadline. */
  start(action: Action, signal: AbortSignal): void {
    const subject = subjectOf(action)
    const endedAtMs = this.#endedAtMs.get(subject) ?? Number.NEGATIVE_INFINITY
    if (this.#running.has(subject) || action.seenAtMs < endedAtMs) return
    this.#running.set(subject, action)
    const end = (error: unknown) => {
      this.#running.delete(subject)
      this.#endedAtMs.set(subject, performance.now())
      this.#ended.push({ action, error })
      if (!signal.aborted) this.#noteFailure(action, error)
      this.#options.onEnd()
    }
    perform(action, this.#options, signal).then(() => end(null), end)
  }

  #noteFailure({ kind }: Action, error: unknown): void {
    const event = error === null ? undefined : FAILURES[kind]
    if (event !== undefined) this.#options.log(event, { reason: String(error) })
  }
}

/** The failures that are logged. The other actions log their answers, or are tried again soon. */
const FAILURES: Partial<Record<Action['kind'], string>> = {
  'close election': 'an abandoned election could not be closed',
  'leave wrong clock': 'the clock of the primary is wrong, and it could not be handed over',
}

/** What an action changes. The two kinds of handover exclude each other. */
function subjectOf(action: Action): string {
  const of = (what: string, server: NodeAddress) => `${what} of ${formatAddress(server)}`
  switch (action.kind) {
    case 'repoint':
      return of('primary', action.replica)
    case 'redial':
      return of('link', action.replica)
    case 'set periods':
      return of('periods', action.sentinel)
    case 'repeat vote':
    case 'restore failover-timeout':
      return of('failover-timeout', action.sentinel)
    case 'restart Sentinel':
      return of('process', action.sentinel)
    case 'set priority':
      return of('priority', action.redis)
    case 'write group id':
      return of('group id', action.redis)
    case 'fail over':
      return of('failover', action.dead)
    case 'leave wrong clock':
    case 'close election':
      return 'handover'
  }
}

async function perform(action: Action, options: ActOptions, signal: AbortSignal): Promise<unknown> {
  const { group, log } = options
  const sendToNode = (node: NodeAddress, command: string[]) => group.sendToNode(node, command)
  switch (action.kind) {
    case 'repoint':
      return repointReplica(action.replica, action.promoted, { sendToNode, log })
    case 'redial':
      return redial(action.replica, action.primary, options)
    case 'set periods':
      return group.sendToSentinel(action.sentinel, [
        ...(action.isLong ? LONG_PUBLISH_PERIOD_COMMAND : PERIODS_COMMAND),
      ])
    case 'repeat vote':
      return repeatVote(action.sentinel, options, signal)
    case 'restore failover-timeout':
      return restoreFailoverTimeout(action.sentinel, group)
    case 'restart Sentinel':
      return restartSentinel(action.sentinel, options)
    case 'set priority':
      return setPriority(action.redis, action.priority, options)
    case 'write group id':
      return writeGroupId(action.redis, action.id, group)
    case 'leave wrong clock':
      return leaveWrongClock(action, options, signal)
    case 'close election':
      return closeElection(action, options, signal)
    case 'fail over':
      log('Redis has ended', {})
      return log(await askForFailover(action.dead, { ...options, limitMs: action.limitMs }, signal), {})
  }
}
