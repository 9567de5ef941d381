import { connectRedisInspector } from './connect-redis-inspector.ts'
import { type HoldfastOptions, holdfastInspector, openHoldfast, WITHOUT_RULES } from './holdfast.ts'
import type { LoginSystem, LoginSystemName, TokenInspector } from './system.ts'

export async function openSystem(name: LoginSystemName, options: HoldfastOptions): Promise<LoginSystem> {
  if (name === 'connect-redis') {
    // Load it only here. Otherwise every server of every run would load it at its start.
    const { openConnectRedis } = await import('./connect-redis.ts')
    return openConnectRedis(options.idleMs)
  }
  return openHoldfast(options, name === 'holdfast' ? [] : WITHOUT_RULES)
}

export function inspectorOf(name: LoginSystemName): TokenInspector {
  return name === 'connect-redis' ? connectRedisInspector : holdfastInspector
}
