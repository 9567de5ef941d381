import { type ProxySecret, proxyUserOf } from '@holdfast/site/secrets/proxy-secret'
import type { Secrets } from '@holdfast/site/secrets/secrets'

/** One password of a data centre: which user logs in with it, and where. */
export interface PasswordUser<Name extends PasswordName = PasswordName> {
  /** Its name in `secrets.json`. */
  secret: Name
  /** The ACL user on every Redis; null when there is none. */
  redis: string | null
  /** The ACL user on every Sentinel; null when there is none. */
  sentinel: string | null
  /** The gateways use it. */
  gateways: boolean
  /** Owners of copies that Holdfast does not reach, and what they have to do; null when there are none. */
  others: string | null
}

/** `proxy:web`: the password of the Redis user `web` of proxied clients. */
export type PasswordName = OwnPassword | ProxySecret

type OwnPassword = Extract<
  keyof Secrets,
  'admin' | 'replica' | 'sentinel' | 'metrics' | 'app' | 'peer' | 'sentinelAdmin' | 'sentinelApp' | 'platform'
>

const APPLICATIONS =
  'Applications that open the store themselves: call store.renew() with the new passwords, or restart them.'

/** Every password that can be rotated, except those of the users of proxied clients, which a file names. */
export const PASSWORD_USERS: readonly PasswordUser<OwnPassword>[] = [
  user('admin', { redis: 'admin', others: 'People and scripts that log in to a Redis as "admin".' }),
  user('replica', { redis: 'replica' }),
  user('sentinel', { redis: 'sentinel' }),
  user('metrics', { redis: 'metrics', others: 'Monitoring that reads the metrics of each Redis.' }),
  user('app', { redis: 'app', gateways: true, others: APPLICATIONS }),
  user('peer', { sentinel: 'peer' }),
  user('sentinelAdmin', {
    sentinel: 'admin',
    others: 'People and scripts that log in to a Sentinel as "admin".',
  }),
  user('sentinelApp', { sentinel: 'app', gateways: true, others: APPLICATIONS }),
  user('platform', {
    redis: 'platform',
    sentinel: 'platform',
    others:
      'Applications that log in as "platform", also through a Redis proxy: give them the new password (Itential: redisProps.password and redisProps.sentinelPassword), then restart them.',
  }),
]

function user<Name extends PasswordName>(
  secret: Name,
  more: Omit<Partial<PasswordUser>, 'secret'>,
): PasswordUser<Name> {
  return { redis: null, sentinel: null, gateways: false, others: null, ...more, secret }
}

/** The user with that name in `secrets.json`. */
export function passwordUser(secret: PasswordName): PasswordUser {
  const proxied = proxyUserOf(secret)
  if (proxied !== null) {
    return user(secret, {
      redis: proxied,
      others: `Clients of the Redis proxies that log in as "${proxied}": give them the new password, in redis-clients/${proxied}.env.`,
    })
  }
  const found = PASSWORD_USERS.find((one) => one.secret === secret)
  if (found === undefined) throw new RangeError(`there is no password "${secret}"`)
  return found
}

/** Owners of copies that Holdfast does not reach. */
export interface OtherConsumer {
  /** The names of their passwords in `secrets.json`. */
  passwords: PasswordName[]
  who: string
}

/** The owners of copies of these passwords that Holdfast does not reach. Pure. */
export function otherConsumers(secrets: readonly PasswordName[]): OtherConsumer[] {
  const byOwner = new Map<string, PasswordName[]>()
  for (const secret of secrets) {
    const { others } = passwordUser(secret)
    if (others !== null) byOwner.set(others, [...(byOwner.get(others) ?? []), secret])
  }
  return [...byOwner].map(([who, passwords]) => ({ passwords, who }))
}
