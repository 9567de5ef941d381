/**
 * The data centre that a group id names, or null when it does not name one. A mark is any text; one that begins with
 * the name of its data centre and a colon lets a store that was wired to another's say so: `dc1:9f86d081884c7d65`.
 */
export function dataCentreOf(mark: string): string | null {
  return /^([a-z0-9-]{1,64}):/.exec(mark)?.[1] ?? null
}
