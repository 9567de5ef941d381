import { createHash } from 'node:crypto'
import { isUnder } from './changes.ts'

/** Keys that every delivery changes: their removal is not the loss of a setting. */
const NOT_SETTINGS = ['revision', 'renderedDigest', 'store.keyring', 'store.sentinels']

/**
 * Tracks a configuration file that `holdfast render` wrote: edits by hand, which the next delivery overwrites, and
 * deliveries that removed settings. Keeps only the values that it compares.
 */
export class RenderedFile {
  #isEdited: boolean
  /** The settings in use that a file contained. */
  #named: ReadonlyMap<string, unknown>
  #waiting: readonly string[] = []

  constructor(raw: unknown) {
    this.#isEdited = isEdited(raw)
    this.#named = settingsIn(raw)
  }

  /** True when the file was edited after it was rendered. */
  get isEdited(): boolean {
    return this.#isEdited
  }

  /** Replaces the file's values, of which the `live` keys apply at once. Returns the settings that the new file lacks. */
  replaceBy(raw: unknown, live: readonly string[]): string[] {
    const next = settingsIn(raw)
    const missing = takenAway(this.#named, next)
    this.#isEdited = isEdited(raw)
    this.#waiting = missing.filter((key) => !live.some((taken) => isUnder(key, taken)))
    // These stay in use until a restart.
    this.#named = new Map([...next, ...this.#waiting.map((key) => [key, this.#named.get(key)] as const)])
    return missing
  }

  /** Reasons for a degraded health. */
  readonly warnings = (): string[] => [
    ...(this.#isEdited ? ['config-edited'] : []),
    ...(this.#waiting.length > 0 ? ['config-settings-removed'] : []),
  ]
}

/** False for a file without a digest, which Holdfast did not render. Pure. */
function isEdited(raw: unknown): boolean {
  const { renderedDigest, ...rest } = raw as Record<string, unknown>
  return renderedDigest !== undefined && renderedDigest !== digestOf(rest)
}

/** Covers the values and their order, but not white space. `@holdfast/site` computes the same when it renders. */
const digestOf = (values: unknown): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex')

/** The keys of `before` that `after` lacks, and the lists that lost an item. Pure. */
function takenAway(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [...before.entries()].flatMap(([key, value]) => {
    if (!after.has(key)) return [key]
    return itemsOf(value).every((item) => itemsOf(after.get(key)).includes(item)) ? [] : [key]
  })
}

const itemsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : []

/** Maps every setting by its key, such as `identities.ldap.urls`. */
function settingsIn(value: unknown, key = ''): Map<string, unknown> {
  if (NOT_SETTINGS.includes(key)) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[key, value]])
  return new Map(
    Object.entries(value).flatMap(([name, part]) => [...settingsIn(part, key ? `${key}.${name}` : name)]),
  )
}
