/** One directive of a rendered file, with the reason for it: the file and `--explain` are both made from this. */
export interface Directive {
  /** As the file spells it. */
  directive: string
  /** As the file spells it; empty when the directive stands alone. */
  value: string
  why: string
  /** Where the value or the rule comes from. */
  source: string
  /** The oldest engine that takes it, when not every engine that Holdfast renders for does. */
  since?: string
  /** The value is not to be shown. */
  isSecret?: true
}

/** A part of a file: a titled list of directives, and blocks inside it where the format nests. */
export interface Block {
  title: string
  directives: Directive[]
  blocks?: Block[]
}

/** Directives that stand for one reason, such as the lines of one list. */
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

/** Entries of a JSON file that are all of one source: `put` one, or one whose value is not to be shown (`hide`). */
export const jsonEntries = (source: string) => ({
  put: (name: string, value: unknown, why: string) => line(name, JSON.stringify(value), why, source),
  hide: (name: string, value: unknown, why: string) => secretLine(name, JSON.stringify(value), why, source),
})

/** One directive whose value is not to be shown. INV-SITE-11. */
export const secretLine = (directive: string, value: string, why: string, source: string): Directive => ({
  ...line(directive, value, why, source),
  isSecret: true,
})
