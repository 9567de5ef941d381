import type { NodeAddress } from '@holdfast/tokens/redis'

/** Where a client connects: one address (the proxy, or HAProxy), or Sentinels. */
export interface Endpoint {
  address: NodeAddress | null
  sentinels: readonly NodeAddress[]
  primaryName: string
  username: string
  password: string
  sentinelUsername: string
  sentinelPassword: string
}

/** An application with an unmodified client. Each number is stored under a key of its own. */
export interface RedisClient {
  /** How many commands it can have under way. More wait until one of them is answered. */
  maxInFlight: number
  get(key: string): Promise<number | null>
  set(key: string, value: number): Promise<void>
  /** Absent: the application can only store and read, as one with sessions. */
  counts?: {
    increment(key: string): Promise<number>
    push(key: string, element: string): Promise<void>
  }
  /** Gives it another password. Absent: its connections stay, so it needs none. */
  changePassword?(password: string): Promise<void>
  /** How many of its connections ended. Null: the client does not tell. */
  ended(): number | null
  close(): Promise<void>
}

/** A kind of client, and where it stores a number. */
export interface ClientKind {
  name: ClientName
  /** The library and how it is used, as a sentence. */
  about: string
  /** How it finds the primary without the proxy. */
  without: 'Sentinel mode' | 'HAProxy'
  /** The part of the usual rate that it can do on a busy machine. Default is 1. */
  rate?: number
  open(endpoint: Endpoint): Promise<RedisClient>
  storedKey(key: string): string
  /** The number in a stored value. */
  numberIn(stored: string): number
}

export const CLIENT_NAMES = [
  'ioredis',
  'node-redis',
  'connect-redis',
  'redis-py',
  'phpredis',
  'redis-cli',
] as const
export type ClientName = (typeof CLIENT_NAMES)[number]

/** Spreads keys over a few connections. All commands of one key go over the same one, in their order. */
export function forKey<T>(all: readonly T[], key: string): T {
  let sum = 0
  for (const char of key) sum = (31 * sum + (char.codePointAt(0) ?? 0)) % 65_521
  const one = all[sum % all.length]
  if (one === undefined) throw new Error('There are no connections.')
  return one
}

/** A number that a client answered. Null: there is none. */
export function numberOf(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null
  const number = Number(value)
  if (!Number.isInteger(number)) throw new Error(`The answer is not a number: ${String(value).slice(0, 80)}`)
  return number
}
