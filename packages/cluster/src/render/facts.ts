import type { Engine } from '../site/site.ts'
import type { Directive } from './directive.ts'
import { knows, type Since, sinceText } from './engine.ts'

/** What is known of a directive, whatever its value. */
export interface Fact {
  /** Made from the value where that decides what is true. */
  why: string | ((value: string) => string)
  source: string
  /** Absent: every engine that Holdfast renders for takes it. */
  since?: Since
  /** The name that Valkey gives it; it takes the old one, too, and rewrites its file with this one. */
  valkey?: string
  isSecret?: true
}

/** Makes directives from a table of facts, as this engine spells them; none of what it does not know. */
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
