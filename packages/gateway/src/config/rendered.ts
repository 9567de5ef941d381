import { createHash } from 'node:crypto'
import { isUnder } from './changes.ts'

/** What each delivery changes: a key that is gone from there was no setting of anybody's. */
const NOT_SETTINGS = ['revision', 'renderedDigest', 'store.keyring', 'store.sentinels']

/**
 * What a configuration file that `holdfast render` wrote has gone through: a change by hand, which the next delivery will
 * undo, and a delivery that undid one. Holds no value that it does not compare.
 */
export class RenderedFile {
  #isEdited: boolean
  /** The settings in use that a file named. */
  #named: ReadonlyMap<string, unknown>
  #waiting: readonly string[] = []

  constructor(raw: unknown) {
    this.#isEdited = isEdited(raw)
    this.#named = settingsIn(raw)
  }

  /** Whether the file was changed after it was rendered. */
  get isEdited(): boolean {
    return this.#isEdited
  }

  /** Takes the next state of the file, of which `live` keys are in use at once; answers the settings that it takes away. */
  replaceBy(raw: unknown, live: readonly string[]): string[] {
    const next = settingsIn(raw)
    const missing = takenAway(this.#named, next)
    this.#isEdited = isEdited(raw)
    this.#waiting = missing.filter((key) => !live.some((taken) => isUnder(key, taken)))
    // Until a restart these stay in use.
    this.#named = new Map([...next, ...this.#waiting.map((key) => [key, this.#named.get(key)] as const)])
    return missing
  }

  /** Reasons of a degraded health. */
  readonly warnings = (): string[] => [
    ...(this.#isEdited ? ['config-edited'] : []),
    ...(this.#waiting.length > 0 ? ['config-settings-removed'] : []),
  ]
}

/** False also for a file without a digest, which Holdfast did not render. Pure. */
function isEdited(raw: unknown): boolean {
  const { renderedDigest, ...rest } = raw as Record<string, unknown>
  return renderedDigest !== undefined && renderedDigest !== digestOf(rest)
}

/** By the values and their order, so that white space does not count. `@holdfast/cluster` makes the same when it renders. */
const digestOf = (values: unknown): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex')

/** The keys of `before` that are not in `after`, and of the lists those that lack an item. Pure. */
function takenAway(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [...before.entries()].flatMap(([key, value]) => {
    if (!after.has(key)) return [key]
    return itemsOf(value).every((item) => itemsOf(after.get(key)).includes(item)) ? [] : [key]
  })
}

const itemsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : []

/** Every setting by its key: `identities.ldap.urls`. */
function settingsIn(value: unknown, key = ''): Map<string, unknown> {
  if (NOT_SETTINGS.includes(key)) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[key, value]])
  return new Map(
    Object.entries(value).flatMap(([name, part]) => [...settingsIn(part, key ? `${key}.${name}` : name)]),
  )
}
