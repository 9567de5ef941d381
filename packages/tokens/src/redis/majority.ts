/** The smallest majority: any two sets of this size share a member. */
export const majorityOf = (count: number): number => Math.floor(count / 2) + 1
