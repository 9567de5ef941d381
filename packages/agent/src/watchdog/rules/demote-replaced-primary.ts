import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { PrimaryTracker } from './primary-tracker.ts'
import { type Action, type Decision, decideForEach, defineRule, type Observation } from './rule.ts'

/** How often to set a Sentinel's periods again, because a restarted Sentinel has its own. */
const PERIODS_INTERVAL_MS = 2000
/** How soon to set them again after that failed. */
const RETRY_INTERVAL_MS = 200

/** The periods of one Sentinel. */
interface Periods {
  isLong: boolean
  /** When they were last set successfully. */
  setAtMs: number
  triedAtMs: number
}

const START: Periods = {
  isLong: false,
  setAtMs: Number.NEGATIVE_INFINITY,
  triedAtMs: Number.NEGATIVE_INFINITY,
}

interface Memory {
  /** Changes in place, because the library's classes in it do. */
  tracker: PrimaryTracker
  periods: ReadonlyMap<string, Periods>
}

/**
 * Keeps a promotion from being undone before every Sentinel knows it.
 *
 * While the leader of a failover hangs, another Sentinel may not know the promotion. That Sentinel makes the promoted
 * Redis a replica again when the Redis has called itself primary for four `publish-period`s, and the old primary answers and
 * calls itself primary (FACT-22). Acknowledged writes at the promoted Redis are then lost
 * (seed 2255 of the fault campaign). Two measures prevent this:
 * - A replaced primary that is back becomes a replica of its successor at once, instead of after the failover.
 * - A Sentinel has a long `publish-period` while it does not know the current primary. The leader may hang for longer
 *   than any short period, and then the old primary need only answer. Otherwise the Sentinel has its usual periods.
 * INV-AGENT-13.
 */
export const demoteReplacedPrimaries = defineRule<Memory>({
  name: 'demote replaced primaries',
  needs: ['views', 'sentinels'],
  initial: () => ({ tracker: new PrimaryTracker(), periods: new Map() }),
  decide: (observation, { tracker, periods }) => {
    const { own, views, announcements, nowMs } = observation
    tracker.observe(views, announcements, nowMs)
    const demotions = own.redis.flatMap((address): Action[] => {
      const replaced = tracker.replaced(formatAddress(address))
      if (replaced === null) return []
      const { old, successor } = replaced
      return [{ kind: 'repoint', replica: old.address, promoted: successor.address, seenAtMs: old.askedAtMs }]
    })
    const kept = decideForEach(
      own.sentinels.map((sentinel) => [formatAddress(sentinel), sentinel]),
      periods,
      (sentinel, known = START) =>
        keepPeriods(
          sentinel,
          tracker.isBehind(formatAddress(sentinel)),
          noteSet(sentinel, known, observation),
          observation,
        ),
    )
    return { actions: [...demotions, ...kept.actions], memory: { tracker, periods: kept.memory } }
  },
})

/** Sets the periods at intervals, and at once when `isBehind` changes. Null: it is not known. */
function keepPeriods(
  sentinel: NodeAddress,
  isBehind: boolean | null,
  known: Periods,
  { nowMs, running }: Observation,
): Decision<Periods> {
  const isLong = isBehind ?? known.isLong
  const isDue = isLong !== known.isLong || nowMs - known.setAtMs >= PERIODS_INTERVAL_MS
  const isBeingSet = running.some((action) => setsPeriodsOf(sentinel, action))
  if (!isDue || isBeingSet || nowMs - known.triedAtMs < RETRY_INTERVAL_MS)
    return { actions: [], memory: known }
  return {
    actions: [{ kind: 'set periods', sentinel, isLong, seenAtMs: nowMs }],
    memory: { ...known, triedAtMs: nowMs },
  }
}

/** Notes that the periods were set. A Sentinel that is down gets its periods when it is back. */
function noteSet(sentinel: NodeAddress, known: Periods, { ended }: Observation): Periods {
  const [set] = ended.flatMap(({ action, error }) =>
    error === null && action.kind === 'set periods' && setsPeriodsOf(sentinel, action) ? [action] : [],
  )
  return set === undefined ? known : { ...known, isLong: set.isLong, setAtMs: set.seenAtMs }
}

const setsPeriodsOf = (sentinel: NodeAddress, action: Action): boolean =>
  action.kind === 'set periods' && formatAddress(action.sentinel) === formatAddress(sentinel)
