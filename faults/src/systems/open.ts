import { connectRedisLook } from './connect-redis-look.ts'
import { type HoldfastOptions, holdfastLook, openHoldfast, WITHOUT_RULES } from './holdfast.ts'
import type { LoginSystem, SystemName, TokenLook } from './system.ts'

export async function openSystem(name: SystemName, options: HoldfastOptions): Promise<LoginSystem> {
  if (name === 'connect-redis') {
    // Load it only here. Otherwise every server of every run would load it at its start.
    const { openConnectRedis } = await import('./connect-redis.ts')
    return openConnectRedis(options.idleMs)
  }
  return openHoldfast(options, name === 'holdfast' ? [] : WITHOUT_RULES)
}

export function lookOf(name: SystemName): TokenLook {
  return name === 'connect-redis' ? connectRedisLook : holdfastLook
}
