/** What a certificate may be shown for: by who is connected to, by who connects. Redis and Sentinel are both. */
export type Purpose = 'server' | 'client'
