/**
 * Returns the data centre that a group id names, or null if it does not name one. A group id is any text. If it
 * begins with the name of its data centre and a colon (`dc1:9f86d081884c7d65`), a store that is connected to the
 * wrong data centre can report that.
 */
export function dataCentreOf(mark: string): string | null {
  return /^([a-z0-9-]{1,64}):/.exec(mark)?.[1] ?? null
}
