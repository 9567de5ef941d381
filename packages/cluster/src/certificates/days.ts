/** The days of a certificate at most: the limit that browsers set (CA/Browser Forum ballot SC31). */
export const MOST_DAYS = 398
/** The same of an authority. */
export const MOST_AUTHORITY_DAYS = 7300
