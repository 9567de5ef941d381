import { proxySecret } from './proxy-secret.ts'
import type { Secrets } from './secrets.ts'

/** The age of a secret. */
export interface SecretAge {
  /** Its name in `secrets.json`. */
  secret: string
  /** When it was generated (UTC, ISO 8601). For a secret that was never rotated: when the file was written. */
  since: string
  ageDays: number
}

/** The secrets that can be rotated: passwords of Redis and Sentinel users, and the key ring. */
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

/**
 * Returns the age of every secret that can be rotated. `fileTimeMs`: when their file was written, by the clock of
 * this machine. Pure.
 */
export function agesOf(
  { rotatedAt = {}, proxyUsers = {} }: Secrets,
  fileTimeMs: number,
  nowMs: number,
): SecretAge[] {
  return [...ROTATED, ...Object.keys(proxyUsers).map(proxySecret)].map((secret) => {
    const since = rotatedAt[secret] ?? new Date(fileTimeMs).toISOString()
    return { secret, since, ageDays: Math.max(0, Math.floor((nowMs - Date.parse(since)) / DAY_MS)) }
  })
}
