/** The fewest of so many of which any two sets share one. */
export const majorityOf = (count: number): number => Math.floor(count / 2) + 1
