import { DATA_HOSTS, SENTINEL_PLACES, type SentinelPlace } from '../hosts/places.ts'
import { ask, fieldOfPrimary } from './ask.ts'
import { PRIMARY_NAME } from './names.ts'

const OTHERS = DATA_HOSTS.length - 1

/** The number of replicas and of other Sentinels that a Sentinel knows. Null when the Sentinel does not answer. */
async function countKnownNodes(
  place: SentinelPlace,
): Promise<{ replicas: number; sentinels: number } | null> {
  try {
    const replicas = await ask(place, ['SENTINEL', 'REPLICAS', PRIMARY_NAME])
    const sentinels = await ask(place, ['SENTINEL', 'SENTINELS', PRIMARY_NAME])
    const count = (list: unknown) => (Array.isArray(list) ? list.length : 0)
    return { replicas: count(replicas), sentinels: count(sentinels) }
  } catch {
    return null
  }
}

/** Whether a Sentinel knows exactly the nodes of the data centre, and can reach all Sentinels. */
export async function knowsAllNodes(place: SentinelPlace): Promise<boolean> {
  const known = await countKnownNodes(place)
  if (known?.replicas !== OTHERS || known.sentinels !== OTHERS) return false
  const quorum = await ask(place, ['SENTINEL', 'CKQUORUM', PRIMARY_NAME]).catch(() => '')
  return String(quorum).startsWith(`OK ${DATA_HOSTS.length} `)
}

/** Whether every Sentinel that answers names the same primary, and no Sentinel is running a failover. */
async function agreeOnPrimary(): Promise<boolean> {
  const fieldOfEach = (field: 'flags' | 'ip') =>
    Promise.all(SENTINEL_PLACES.map((place) => fieldOfPrimary(place, field)))
  const [named, flags] = await Promise.all([fieldOfEach('ip'), fieldOfEach('flags')])
  // An empty address means that the Sentinel does not answer.
  const primaries = new Set(named.filter((address) => address !== ''))
  return primaries.size === 1 && !flags.some((some) => some.includes('failover_in_progress'))
}

let lastResetMs = Number.NEGATIVE_INFINITY
const BETWEEN_RESETS_MS = 3000

/**
 * Does the same as `doctor --fix`: resets a Sentinel that remembers a removed replica or Sentinel. It resets one
 * Sentinel at a time, because a reset Sentinel knows no other node until the next greeting. It never resets during a
 * failover. A leader that is reset forgets that it has promoted a replica, and continues to name the old primary in
 * the epoch of the new one (seed 37).
 */
export async function forgetRemovedNodes(): Promise<void> {
  if (performance.now() - lastResetMs < BETWEEN_RESETS_MS || !(await agreeOnPrimary())) return
  for (const place of SENTINEL_PLACES) {
    const known = await countKnownNodes(place)
    if (known === null || (known.replicas <= OTHERS && known.sentinels <= OTHERS)) continue
    await ask(place, ['SENTINEL', 'RESET', PRIMARY_NAME]).catch(() => null)
    lastResetMs = performance.now()
    return
  }
}
