import type { DrillFault } from '../faults/plan.ts'

/** One fault of a rehearsal. */
export interface RehearsedFault {
  /** `kill-primary`, `pause-primary-short`: stable, for `--only`, files of objectives and scripts. */
  id: string
  fault: DrillFault
  /** How long it lasts (in milliseconds). Undefined: the default of its kind. */
  lastsMs?: number
}

const SHORT_MS = 1000
/** A hung primary must stay silent for clearly longer than Sentinel's `down-after` and an election take. */
const BEYOND_DOWN_AFTER_MS = 6500

/** Every fault of a rehearsal, the mildest first. The last ones leave Sentinels in TILT for half a minute. */
export function rehearsalList(downAfterMs: number): readonly RehearsedFault[] {
  const longMs = Math.max(8000, downAfterMs + BEYOND_DOWN_AFTER_MS)
  return [
    { id: 'kill-sentinel', fault: { action: 'kill', target: 'sentinel' } },
    { id: 'kill-gateway', fault: { action: 'kill', target: 'gateway' } },
    { id: 'kill-gateway-long', fault: { action: 'kill', target: 'gateway' }, lastsMs: 4000 },
    { id: 'kill-replica', fault: { action: 'kill', target: 'replica' } },
    { id: 'kill-replica-long', fault: { action: 'kill', target: 'replica' }, lastsMs: 4000 },
    { id: 'switch-over', fault: { action: 'switch-over', target: 'primary' } },
    { id: 'upgrade', fault: { action: 'upgrade', target: 'primary' } },
    { id: 'kill-primary', fault: { action: 'kill', target: 'primary' } },
    { id: 'drop-connections', fault: { action: 'drop-connections', target: 'redis' } },
    { id: 'fill-memory', fault: { action: 'fill-memory', target: 'primary' } },
    { id: 'empty-replica', fault: { action: 'empty', target: 'replica' } },
    { id: 'busy-primary-short', fault: { action: 'busy', target: 'primary' }, lastsMs: SHORT_MS },
    { id: 'busy-primary', fault: { action: 'busy', target: 'primary' }, lastsMs: 4000 },
    { id: 'pause-replica-short', fault: { action: 'pause', target: 'replica' }, lastsMs: SHORT_MS },
    { id: 'pause-replica', fault: { action: 'pause', target: 'replica' }, lastsMs: longMs },
    { id: 'pause-primary-short', fault: { action: 'pause', target: 'primary' }, lastsMs: SHORT_MS },
    { id: 'pause-primary', fault: { action: 'pause', target: 'primary' }, lastsMs: longMs },
    { id: 'lose-replica-host', fault: { action: 'lose-host', target: 'replica' }, lastsMs: longMs },
    { id: 'lose-primary-host', fault: { action: 'lose-host', target: 'primary' } },
    { id: 'lose-primary-host-back', fault: { action: 'lose-host', target: 'primary' }, lastsMs: longMs },
    { id: 'pause-gateway-short', fault: { action: 'pause', target: 'gateway' }, lastsMs: SHORT_MS },
    { id: 'pause-gateway', fault: { action: 'pause', target: 'gateway' }, lastsMs: 5000 },
    { id: 'pause-sentinel-short', fault: { action: 'pause', target: 'sentinel' }, lastsMs: SHORT_MS },
    { id: 'pause-sentinel', fault: { action: 'pause', target: 'sentinel' }, lastsMs: longMs },
  ]
}

/** The ids of all faults of a rehearsal. */
export const REHEARSED_IDS: readonly string[] = rehearsalList(0).map(({ id }) => id)

/** Those, and the drills that no rehearsal runs: a rotation is final, and owners of copies must get the new secrets. */
export const DRILL_IDS: readonly string[] = [
  ...REHEARSED_IDS,
  'rotate-passwords',
  'rotate-certificates',
  'rotate-keyring',
]

/** The id of a single fault: the shortest of the list that fits, because it has no suffix for the duration. */
export function idOf({ action, target }: DrillFault): string {
  const same = rehearsalList(0).filter(({ fault }) => fault.action === action && fault.target === target)
  const shortest = same.toSorted((a, b) => a.id.length - b.id.length)[0]
  return shortest?.id ?? `${action}-${target}`
}
