import { connectRedisInspector } from './connect-redis-inspector.ts'
import { type HoldfastOptions, holdfastInspector, openHoldfast, WITHOUT_RULES } from './holdfast.ts'
import type { LoginSystem, SystemName, TokenInspector } from './system.ts'

export async function openSystem(name: SystemName, options: HoldfastOptions): Promise<LoginSystem> {
  if (name === 'connect-redis') {
    // Load it only here. Otherwise every server of every run would load it at its start.
    const { openConnectRedis } = await import('./connect-redis.ts')
    return openConnectRedis(options.idleMs)
  }
  return openHoldfast(options, name === 'holdfast' ? [] : WITHOUT_RULES)
}

export function inspectorOf(name: SystemName): TokenInspector {
  return name === 'connect-redis' ? connectRedisInspector : holdfastInspector
}
