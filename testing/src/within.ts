/**
 * Settles as `work` does, and throws if that takes longer than `limitMs`. It shows that something does not hang, or does
 * not wait for a much later deadline. So that a busy machine does not fail the test, the limit is at least ten times what
 * is usual. Tests that measure belong to the timed tier (tools/test-tiers.ts).
 */
export async function within<T>(work: Promise<T>, limitMs = 10_000): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const error = new Error(`This took longer than ${limitMs} ms.`)
  const timer = setTimeout(() => reject(error), limitMs)
  try {
    return await Promise.race([work, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
