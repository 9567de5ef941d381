import { connectRedisLook, openConnectRedis } from './connect-redis.ts'
import { type HoldfastOptions, holdfastLook, openHoldfast, WITHOUT_RULES } from './holdfast.ts'
import type { LoginSystem, SystemName, TokenLook } from './system.ts'

export async function openSystem(name: SystemName, options: HoldfastOptions): Promise<LoginSystem> {
  if (name === 'connect-redis') return openConnectRedis()
  return openHoldfast(options, name === 'holdfast' ? [] : WITHOUT_RULES)
}

export function lookOf(name: SystemName): TokenLook {
  return name === 'connect-redis' ? connectRedisLook : holdfastLook
}
