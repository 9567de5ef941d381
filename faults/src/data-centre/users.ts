import { REDIS_ACL_RULES, SENTINEL_ACL_RULES } from '@holdfast/tokens/redis'

/** Passwords of a run's own processes, in a network that nobody else can reach. */
export const ADMIN = { username: 'admin', password: 'campaign-admin' } as const
export const APPLICATION = { username: 'app', password: 'campaign-app' } as const
const REPLICA_PASSWORD = 'campaign-replica'

export const PRIMARY_NAME = 'mymaster'
/** The value of the group's mark. */
export const MARK = 'mark-of-the-campaign'

/** Off, so nobody can log in as it; but it may do everything, because Redis loads its AOF as this user. */
const DEFAULT_USER = 'user default off ~* &* +@all'

export function renderRedisUsers(): string {
  return `${DEFAULT_USER}
user ${ADMIN.username} on >${ADMIN.password} ~* &* +@all
user replica on >${REPLICA_PASSWORD} -@all +psync +replconf +ping
user ${APPLICATION.username} on >${APPLICATION.password} ${REDIS_ACL_RULES}
`
}

/** The lines with which a replica logs in at its primary. */
export const REPLICA_LOGIN = `masteruser replica
masterauth ${REPLICA_PASSWORD}`

export const SENTINEL_USERS = `user default off
user ${ADMIN.username} on >${ADMIN.password} ~* &* +@all
user ${APPLICATION.username} on >${APPLICATION.password} ${SENTINEL_ACL_RULES}`
