import type { Block, Directive, Document } from './document.ts'

/** The reason for one line of a file. */
export interface Explanation {
  /** The title of the part of the file. */
  part: string
  directive: string
  /** `[redacted]` in place of a secret. */
  value: string
  why: string
  source: string
  /** The oldest engines that support it. Null: all engines for which Holdfast renders. */
  since: string | null
}

/** Returns the reason for each directive of a file, in the order of the file. */
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

/** The other lines of a certificate are of no use to a reader. */
const firstLine = (value: string): string => value.split('\n', 1)[0] ?? ''

const PASSWORD_HASH = /#[0-9a-f]{64}/g
