/** Returns the word that was probably meant, or null if none is similar. */
export function suggest(wrong: string, words: readonly string[]): string | null {
  const near = words
    .map((word) => ({ word, distance: distanceOf(wrong.toLowerCase(), word.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance)[0]
  return near && near.distance <= Math.max(1, Math.floor(near.word.length / 3)) ? near.word : null
}

/** Levenshtein distance: the number of letters to insert, delete or replace. */
function distanceOf(from: string, to: string): number {
  // A long word resembles none of the known words, and the table would grow with its length.
  if (from.length > 64) return from.length
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1]
    for (const [column, wanted] of [...to].entries()) {
      next.push(
        Math.min(
          (row[column] ?? 0) + (letter === wanted ? 0 : 1),
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
        ),
      )
    }
    row = next
  }
  return row.at(-1) ?? 0
}
