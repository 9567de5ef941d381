import type { ClientKind } from './client.ts'
import { connectRedis } from './connect-redis.ts'
import { ioredis } from './ioredis.ts'
import { nodeRedis } from './node-redis.ts'
import { phpredis } from './phpredis.ts'
import { redisCli } from './redis-cli.ts'
import { redisPy } from './redis-py.ts'

export const CLIENT_KINDS: readonly ClientKind[] = [
  ioredis,
  nodeRedis,
  connectRedis,
  redisPy,
  phpredis,
  redisCli,
]

export function kindOf(name: string): ClientKind {
  const kind = CLIENT_KINDS.find((one) => one.name === name)
  if (kind === undefined) throw new Error(`There is no client ${name}.`)
  return kind
}
