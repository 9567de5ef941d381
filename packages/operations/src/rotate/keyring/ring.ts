import { randomBytes } from 'node:crypto'
import type { Keyring } from '@holdfast/tokens'
import { z } from 'zod'
import { JournalFile } from '../journal.ts'

const schema = z.object({
  /** The key that is coming in: added, and not known to be current everywhere. */
  next: z.string().nullable(),
  /** Every gateway knows that key, and the rotation waits for others, because it was begun to stop there. */
  waits: z.boolean().default(false),
  /** When a key stopped being current (UTC, ISO 8601), by its id. A missing one: long ago, since when is not known. */
  retired: z.record(z.string(), z.iso.datetime()),
})

/** The facts about the keys of a ring, without the keys, and whether a rotation is unfinished. Holds no secret. */
export type KeyringHistory = z.output<typeof schema>

const NO_HISTORY: KeyringHistory = { next: null, waits: false, retired: {} }

const historyFile = (file: string) =>
  new JournalFile<KeyringHistory>(file, {
    schema,
    remedy: 'Delete it: it only records when each older key was replaced.',
  })

/** Throws `STATE_UNUSABLE`. */
export const readHistory = async (file: string): Promise<KeyringHistory> =>
  (await historyFile(file).read()) ?? NO_HISTORY

export const writeHistory = (file: string, history: KeyringHistory): Promise<void> =>
  historyFile(file).write(history)

/** Keys are named k1, k2 and so on: the first number that no key has had. */
export function nextKeyId(ring: Keyring, { retired }: KeyringHistory): string {
  const numbers = [...Object.keys(ring.keys), ...Object.keys(retired)].map((id) =>
    Number(/^k(\d+)$/.exec(id)?.[1] ?? 0),
  )
  return `k${Math.max(0, ...numbers) + 1}`
}

/** The ring with one more key, which seals nothing until it is made current. */
export function withKey(ring: Keyring, id: string): Keyring {
  return { ...ring, keys: { ...ring.keys, [id]: randomBytes(32).toString('base64') } }
}

/** The ring without some keys. */
export function withoutKeys(ring: Keyring, ids: readonly string[]): Keyring {
  return { ...ring, keys: Object.fromEntries(Object.entries(ring.keys).filter(([id]) => !ids.includes(id))) }
}

/**
 * The keys that can be deleted if no live session needs them: neither the current one nor the next, and out of use for
 * longer than a session lasts, because a backup may hold such sessions. With `atOnce`, however short they are out of use.
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
