import type { Engine, EngineVersion } from '../site/site.ts'

/** The first version of each engine that knows something; an engine that is not named never does. */
export type Since = Partial<Record<Engine['name'], EngineVersion>>

/** Whether this engine knows what came with those versions. */
export function knows({ name, version }: Engine, since: Since): boolean {
  const first = since[name]
  return first !== undefined && Number(version) >= Number(first)
}

/** `Redis 7.2, Valkey 8.0` */
export const sinceText = (since: Since): string =>
  Object.entries(since)
    .map(([name, version]) => `${name === 'redis' ? 'Redis' : 'Valkey'} ${version}`)
    .join(', ')

/** What `holdfast up` and everything else is measured with. */
export const REFERENCE_ENGINE: Engine = { name: 'redis', version: '7.0' }
