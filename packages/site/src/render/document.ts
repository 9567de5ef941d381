/** The content of a file before it is formatted, with the reason for each line. */
export interface Document {
  /** The comment at the top of the file. */
  heading: string
  blocks: Block[]
  format: Format
}

/** Formats the text of a file. */
export const textOf = ({ heading, blocks, format }: Document): string => format(heading, blocks)

/** One file of a host. */
export interface HostFile {
  /** Its path in the folder of the host. */
  name: string
  /** The path on the host. Null for a file whose path another product decides. */
  installAt: string | null
  document: Document
  /** Whether other users must not read the file, although none of its directives is a secret. */
  isSecret?: boolean
}

/** Writes blocks as the text of a file. */
export type Format = (heading: string, blocks: readonly Block[]) => string

/** One directive of a rendered file, with its reason. Both the file and `--explain` are generated from it. */
export interface Directive {
  /** As the file spells it. */
  directive: string
  /** As the file spells it. Empty if the directive has no value. */
  value: string
  why: string
  /** The document or measurement on which the value is based. */
  source: string
  /** The oldest versions that support it. Absent: every engine for which Holdfast renders. */
  since?: string
  /** The value must not be shown. */
  isSecret?: true
}

/** A part of a file: a titled list of directives, and nested blocks if the format has them. */
export interface Block {
  title: string
  directives: Directive[]
  blocks?: Block[]
}

/** Several directives with the same reason. */
export const because = (
  why: string,
  source: string,
  lines: [directive: string, value: string][],
): Directive[] => lines.map(([directive, value]) => ({ directive, value, why, source }))

/** One directive. INV-SITE-10. */
export const line = (directive: string, value: string, why: string, source: string): Directive => ({
  directive,
  value,
  why,
  source,
})

/** Creates entries of a JSON file with the same source. `hide` creates an entry whose value must not be shown. */
export const jsonEntries = (source: string) => ({
  put: (name: string, value: unknown, why: string) => line(name, JSON.stringify(value), why, source),
  hide: (name: string, value: unknown, why: string) => secretLine(name, JSON.stringify(value), why, source),
})

/** One directive whose value must not be shown. INV-SITE-11. */
export const secretLine = (directive: string, value: string, why: string, source: string): Directive => ({
  ...line(directive, value, why, source),
  isSecret: true,
})
