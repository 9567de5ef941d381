import type { ClientKind } from './client.ts'
import { ioredis } from './ioredis.ts'
import { redisPy } from './redis-py.ts'

export const CLIENT_KINDS: readonly ClientKind[] = [ioredis, redisPy]

export function kindOf(name: string): ClientKind {
  const kind = CLIENT_KINDS.find((one) => one.name === name)
  if (kind === undefined) throw new Error(`There is no client ${name}.`)
  return kind
}
