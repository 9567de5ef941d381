import type { Engine, EngineVersion } from '../file/site.ts'
import type { Directive } from './document.ts'

/** The first version of each engine that supports a feature. An engine that is not listed does not support it. */
export type Since = Partial<Record<Engine['name'], EngineVersion>>

/** Whether this engine supports a feature of those versions. */
export function knows({ name, version }: Engine, since: Since): boolean {
  const first = since[name]
  return first !== undefined && Number(version) >= Number(first)
}

/** `Redis 7.2, Valkey 8.0` */
const sinceText = (since: Since): string =>
  Object.entries(since)
    .map(([name, version]) => `${name === 'redis' ? 'Redis' : 'Valkey'} ${version}`)
    .join(', ')

/** The documentation of a directive, independent of its value. */
export interface Fact {
  /** A function if the reason depends on the value. */
  why: string | ((value: string) => string)
  source: string
  /** Absent: every engine for which Holdfast renders supports it. */
  since?: Since
  /** The name in Valkey, which also accepts the old name but rewrites its file with this one. */
  valkey?: string
  isSecret?: true
}

/** Creates directives from a table of facts, in the spelling of this engine. Omits those that it does not support. */
export const directivesFrom =
  <Name extends string>(facts: Readonly<Record<Name, Fact>>, engine: Engine) =>
  (name: Name, value: string): Directive[] => {
    const { why, source, since, valkey, isSecret } = facts[name]
    if (since !== undefined && !knows(engine, since)) return []
    const directive = engine.name === 'valkey' && valkey !== undefined ? valkey : name
    return [
      {
        directive,
        value,
        why: typeof why === 'string' ? why : why(value),
        source,
        ...(since === undefined ? {} : { since: sinceText(since) }),
        ...(isSecret === undefined ? {} : { isSecret }),
      },
    ]
  }
