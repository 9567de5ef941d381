import type { Secrets } from '@holdfast/site/secrets/secrets'

/** The name of the data centre, which its tokens contain. */
export const DATA_CENTRE = 'campaign'

/** The name under which the Sentinels watch its primary. */
export const PRIMARY_NAME = 'mymaster'

/**
 * The campaign's own user on every Redis and Sentinel. The product does not manage this user, so rotations keep its
 * password.
 */
export const CAMPAIGN = { username: 'campaign', password: 'campaign-itself' } as const

/** The name of an application's user on Redis and on Sentinel. */
export const APPLICATION = 'app'

/** The passwords of an application. Operations rotate them while the application runs. */
export interface ApplicationLogin {
  password: string
  sentinelPassword: string
}

export const applicationLogin = ({ app, sentinelApp }: Secrets): ApplicationLogin => ({
  password: app,
  sentinelPassword: sentinelApp,
})
