import { createHash } from 'node:crypto'
import { REDIS_ACL_RULES, SENTINEL_ACL_RULES } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'

/** `users.acl` of each Redis: one user a purpose, each with what it needs. Passwords only as SHA-256. */
export function renderUsersAcl(secrets: Secrets): string {
  return lines([
    'user default off',
    user('admin', secrets.admin, '~* &* +@all'),
    user('replica', secrets.replica, '-@all +psync +replconf +ping'),
    user(
      'sentinel',
      secrets.sentinel,
      'resetchannels &__sentinel__:hello -@all +multi +slaveof +ping +exec +subscribe +config|rewrite +role ' +
        '+publish +info +client|setname +client|kill +script|kill',
    ),
    user(
      'metrics',
      secrets.metrics,
      '-@all +ping +info +client|list +config|get +slowlog|len +slowlog|get +latency|latest',
    ),
    user('app', secrets.app, REDIS_ACL_RULES),
  ])
}

/** The users of each Sentinel, as lines of `sentinel.conf`. */
export function renderSentinelUsers(secrets: Secrets): string {
  return lines([
    'user default off',
    user('admin', secrets.sentinelAdmin, '~* &* +@all'),
    user(
      'peer',
      secrets.peer,
      'resetchannels &__sentinel__:hello -@all +ping +publish +sentinel|is-master-down-by-addr +client|setname',
    ),
    user('app', secrets.sentinelApp, SENTINEL_ACL_RULES),
  ])
}

function user(name: string, password: string, rules: string): string {
  return `user ${name} on #${createHash('sha256').update(password).digest('hex')} ${rules}`
}

const lines = (list: string[]) => `${list.join('\n')}\n`
