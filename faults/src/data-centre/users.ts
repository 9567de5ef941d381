import { renderSentinelUsers, renderUsersAcl } from '@holdfast/site/render/users-acl'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { CAMPAIGN } from './names.ts'

const CAMPAIGN_USER = `user ${CAMPAIGN.username} on >${CAMPAIGN.password} ~* &* +@all\n`

/** The `users.acl` file: the users that the product renders, and the campaign's own user. */
export const renderRedisUsers = (secrets: Secrets): string => renderUsersAcl(secrets) + CAMPAIGN_USER

/** The users of a Sentinel, as lines of its file. */
export const renderUsersOfSentinel = (secrets: Secrets): string =>
  renderSentinelUsers(secrets) + CAMPAIGN_USER
