import type { Secrets } from './secrets.ts'

/** How old a secret is. */
export interface SecretAge {
  /** Its name in `secrets.json`. */
  secret: string
  /** When it was made (UTC, ISO 8601); of one that was never rotated, when the file was written. */
  since: string
  ageDays: number
}

/** What is rotated: passwords of users of Redis and Sentinel, and the key ring. */
const ROTATED = [
  'admin',
  'replica',
  'sentinel',
  'metrics',
  'app',
  'peer',
  'sentinelAdmin',
  'sentinelApp',
  'keyring',
] as const

const DAY_MS = 86_400_000

/** The age of every secret that can be rotated. `fileTimeMs` is when their file was written, in the machine's time. Pure. */
export function agesOf({ rotatedAt = {} }: Secrets, fileTimeMs: number, nowMs: number): SecretAge[] {
  return ROTATED.map((secret) => {
    const since = rotatedAt[secret] ?? new Date(fileTimeMs).toISOString()
    return { secret, since, ageDays: Math.max(0, Math.floor((nowMs - Date.parse(since)) / DAY_MS)) }
  })
}
