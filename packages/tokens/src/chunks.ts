/** Splits the items into lists of at most `most`. */
export function chunksOf<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, index) =>
    items.slice(index * most, (index + 1) * most),
  )
}

/**
 * Runs `work` on each item, at most `abreast` at a time, and returns the results in order. After the first failure
 * it starts no further items.
 */
export async function mapAbreast<T, R>(
  items: readonly T[],
  abreast: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const rest = items.entries()
  let failed = false
  const run = async () => {
    for (const [index, item] of rest) {
      if (failed) return
      try {
        results[index] = await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(abreast, items.length) }, run))
  return results
}
