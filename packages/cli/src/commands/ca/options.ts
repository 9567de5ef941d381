/** A certificate that lasts fewer days is due for renewal. */
export const RENEWAL_DAYS = 30
