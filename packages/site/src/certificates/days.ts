/** Maximum lifetime of a certificate (in days): the limit of browsers (CA/Browser Forum ballot SC31). */
export const MOST_DAYS = 398
/** Maximum lifetime of an authority (in days). */
export const MOST_AUTHORITY_DAYS = 7300
