import { randomBytes } from 'node:crypto'
import type { Keyring } from '@holdfast/tokens'

/** What is known of the keys of a ring besides the keys. Holds no secret. */
export interface KeyringHistory {
  /** The key that is being brought in: added, and not yet known to be current everywhere. */
  next: string | null
  /** Every gateway knows that key, and others are waited for: the rotation was begun to stop there. */
  waits: boolean
  /** When a key stopped being current (UTC, ISO 8601), by its id. One that is missing here: unknown, so long ago. */
  retired: Record<string, string>
}

/** Keys are named k1, k2 and so on: the first number that no key has had. */
export function nextKeyId(ring: Keyring, { retired }: KeyringHistory): string {
  const numbers = [...Object.keys(ring.keys), ...Object.keys(retired)].map((id) =>
    Number(/^k(\d+)$/.exec(id)?.[1] ?? 0),
  )
  return `k${Math.max(0, ...numbers) + 1}`
}

/** The ring with one more key, which seals nothing yet. */
export function withKey(ring: Keyring, id: string): Keyring {
  return { ...ring, keys: { ...ring.keys, [id]: randomBytes(32).toString('base64') } }
}

/** The ring without some keys. */
export function withoutKeys(ring: Keyring, ids: readonly string[]): Keyring {
  return { ...ring, keys: Object.fromEntries(Object.entries(ring.keys).filter(([id]) => !ids.includes(id))) }
}

/**
 * The keys that may go, if no live session needs them: neither current nor about to be, and out of use for longer than
 * a session lasts, because a backup may hold such sessions. With `atOnce` however lately they went out of use.
 */
export function forgettable(
  ring: Keyring,
  history: KeyringHistory,
  { nowMs, lifetimeMs, atOnce }: { nowMs: number; lifetimeMs: number; atOnce: boolean },
): string[] {
  return Object.keys(ring.keys).filter((id) => {
    if (id === ring.current || id === history.next) return false
    const retiredAt = history.retired[id]
    return atOnce || retiredAt === undefined || nowMs - Date.parse(retiredAt) > lifetimeMs
  })
}
