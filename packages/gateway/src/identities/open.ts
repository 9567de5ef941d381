import type { TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import { BoundedQueue } from '../base/queues.ts'
import type { LdapConfig, OidcConfig } from '../config/identities.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { readPublicFile, readSecretLine } from '../files/private.ts'
import type { GuessLimit } from '../limits/guess-limit.ts'
import { maxLoginsInProgress } from '../limits/login-queue.ts'
import { type Authenticate, createAuthenticate } from '../users/authenticate.ts'
import { openUserDirectory } from '../users/directory.ts'
import type { GroupsToKeep } from '../users/identity.ts'
import type { LoginWays, OidcLogin } from './oidc/login.ts'
import { createPasswordLogin } from './password-login.ts'

/** The configured ways to authenticate. */
export interface Identities {
  authenticate: Authenticate | null
  oidc: OidcLogin | null
  loginWays: LoginWays
}

/**
 * Opens the configured ways to log in; the LDAP and OpenID clients are loaded only if they are configured. It contacts no
 * directory and no provider: a gateway starts while they are unavailable. `inUse` returns the configuration with its live
 * changes. Throws `FILE_UNUSABLE` or `USERS_INVALID`.
 */
export async function openIdentities(
  config: GatewayConfig,
  store: TokenStore,
  guesses: GuessLimit,
  log: FastifyBaseLogger,
  inUse: () => GatewayConfig,
): Promise<Identities> {
  const { ldap, oidc } = config.identities
  const keep = () => groupsToKeep(inUse())
  const authenticate = createPasswordLogin({
    file: config.usersFile === undefined ? null : await openUsersFile(config, config.usersFile, guesses, log),
    directory: ldap === undefined ? null : await openLdap(ldap, keep),
    providerPrefix: oidc?.subjectPrefix,
  })
  return {
    authenticate,
    oidc: oidc === undefined ? null : await openOidc(oidc, inUse, store, keep),
    loginWays: { password: authenticate !== null, provider: oidc?.label ?? null },
  }
}

async function openLdap(ldap: LdapConfig, keep: () => GroupsToKeep): Promise<Authenticate> {
  const { createLdapAuthenticate } = await import('./ldap/authenticate.ts')
  const bindPassword = await secretOf(ldap.bindPassword, ldap.bindPasswordFile, 'password of `bindDn`')
  return createLdapAuthenticate(
    { ...ldap, bindPassword: bindPassword ?? '' },
    await readAuthorities(ldap.caFile),
    keep,
  )
}

async function openOidc(
  oidc: OidcConfig,
  inUse: () => GatewayConfig,
  store: TokenStore,
  keep: () => GroupsToKeep,
): Promise<OidcLogin> {
  const { createOidcLogin } = await import('./oidc/login.ts')
  const clientSecret = await secretOf(oidc.clientSecret, oidc.clientSecretFile, 'client secret')
  const config = { ...oidc, ...(clientSecret === undefined ? {} : { clientSecret }) }
  return createOidcLogin({ config, keyring: () => inUse().store.keyring, store, groupsToKeep: keep })
}

/** A secret that the configuration contains, or that a file contains. */
const secretOf = async (value: string | undefined, file: string | undefined, label: string) =>
  file === undefined ? value : await readSecretLine(file, label)

async function openUsersFile(
  config: GatewayConfig,
  file: string,
  guesses: GuessLimit,
  log: FastifyBaseLogger,
) {
  const { limits } = config
  const users = await openUserDirectory(file, (sentence) => log.error({ event: 'users-file' }, sentence))
  const queue = new BoundedQueue({
    maxRunning: limits.passwordChecks,
    // Both queues of logins (`limits/login-queue.ts`) together, so that no counted login is refused here.
    maxWaiting: 2 * maxLoginsInProgress(config),
    maxWaitMs: limits.waitingLoginMs,
  })
  return { users, authenticate: await createAuthenticate(users, queue, guesses) }
}

async function readAuthorities(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : await readPublicFile(file, 'authority certificate')
}

/** The groups of the access rules if sessions carry no others; null if sessions carry all. Pure. */
export function groupsToKeep({ identities, access }: GatewayConfig): GroupsToKeep {
  if (identities.keepGroups === 'all') return null
  const requirements = access ? [...access.rules.map(({ requirement }) => requirement), access.otherwise] : []
  return new Set(requirements.flatMap((one) => (one.kind === 'group' ? one.anyOf : [])))
}
