import type { Secrets } from '@holdfast/site/secrets/secrets'

/** The name of the data centre, which its tokens carry. */
export const DATA_CENTRE = 'campaign'

/** The name under which the Sentinels watch its primary. */
export const PRIMARY_NAME = 'mymaster'

/** The campaign's own user on every Redis and Sentinel: it is none of the product's, so no rotation changes its password. */
export const CAMPAIGN = { username: 'campaign', password: 'campaign-itself' } as const

/** The name of an application's user on Redis and on Sentinel. */
export const APPLICATION = 'app'

/** With what an application logs in; these passwords are rotated while it works. */
export interface ApplicationLogin {
  password: string
  sentinelPassword: string
}

export const applicationLogin = ({ app, sentinelApp }: Secrets): ApplicationLogin => ({
  password: app,
  sentinelPassword: sentinelApp,
})
