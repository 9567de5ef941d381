import type { Block, Directive } from './directive.ts'
import type { Document } from './document.ts'

/** Why one line of a file is there. */
export interface Explanation {
  /** The part of the file, as it is titled there. */
  part: string
  directive: string
  /** `[redacted]` in place of a secret. */
  value: string
  why: string
  source: string
  /** The oldest engines that take it; null: all that Holdfast renders for. */
  since: string | null
}

/** Why each directive of a file is there, in its order. Made from what the file itself is made from. */
export const explainFile = ({ blocks }: Document): Explanation[] => blocks.flatMap(explainBlock)

const explainBlock = ({ title, directives, blocks = [] }: Block): Explanation[] => [
  ...directives.map((directive) => explain(title, directive)),
  ...blocks.flatMap(explainBlock),
]

const explain = (
  part: string,
  { directive, value, why, source, since, isSecret }: Directive,
): Explanation => ({
  part,
  directive,
  value: isSecret ? '[redacted]' : firstLine(value).replaceAll(PASSWORD_HASH, '#[redacted]'),
  why,
  source,
  since: since ?? null,
})

/** Of a certificate the rest tells a reader nothing. */
const firstLine = (value: string): string => value.split('\n', 1)[0] ?? ''

const PASSWORD_HASH = /#[0-9a-f]{64}/g
