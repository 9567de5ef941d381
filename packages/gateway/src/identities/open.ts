import type { TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import { BoundedQueue } from '../base/queues.ts'
import type { LdapConfig, OidcConfig } from '../config/identities.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { readPublicFile, readSecretLine } from '../files/private.ts'
import { type Authenticate, createAuthenticate } from '../users/authenticate.ts'
import { openUserDirectory, type UserDirectory } from '../users/directory.ts'
import type { LoginWays, OidcLogin } from './oidc/login.ts'

/** The configured ways to authenticate. */
export interface Identities {
  authenticate: Authenticate | null
  oidc: OidcLogin | null
  loginWays: LoginWays
}

/**
 * Opens the configured ways to log in; the LDAP and OpenID clients are loaded only if they are configured. It contacts no
 * directory and no provider: a gateway starts while they are unavailable. Throws `FILE_UNUSABLE` or `USERS_INVALID`.
 */
export async function openIdentities(
  config: GatewayConfig,
  store: TokenStore,
  log: FastifyBaseLogger,
): Promise<Identities> {
  const { ldap, oidc } = config.identities
  const authenticate = createPasswordLogin(
    config.usersFile === undefined ? null : await openUsersFile(config, config.usersFile, log),
    ldap === undefined ? null : await openLdap(ldap),
  )
  return {
    authenticate,
    oidc: oidc === undefined ? null : await openOidc(oidc, config, store),
    loginWays: { password: authenticate !== null, provider: oidc?.label ?? null },
  }
}

async function openLdap(ldap: LdapConfig): Promise<Authenticate> {
  const { createLdapAuthenticate } = await import('./ldap/authenticate.ts')
  const bindPassword = await secretOf(ldap.bindPassword, ldap.bindPasswordFile, 'password of `bindDn`')
  return createLdapAuthenticate(
    { ...ldap, bindPassword: bindPassword ?? '' },
    await readAuthorities(ldap.caFile),
  )
}

async function openOidc(oidc: OidcConfig, gateway: GatewayConfig, store: TokenStore): Promise<OidcLogin> {
  const { createOidcLogin } = await import('./oidc/login.ts')
  const clientSecret = await secretOf(oidc.clientSecret, oidc.clientSecretFile, 'client secret')
  const config = { ...oidc, ...(clientSecret === undefined ? {} : { clientSecret }) }
  return createOidcLogin({ config, gateway, store })
}

/** A secret that the configuration contains, or that a file contains. */
const secretOf = async (value: string | undefined, file: string | undefined, label: string) =>
  file === undefined ? value : await readSecretLine(file, label)

async function openUsersFile(config: GatewayConfig, file: string, log: FastifyBaseLogger) {
  const { limits } = config
  const users = await openUserDirectory(file, (sentence) => log.error({ event: 'users-file' }, sentence))
  const queue = new BoundedQueue({
    maxRunning: limits.passwordChecks,
    maxWaiting: limits.waitingLogins,
    maxWaitMs: limits.waitingLoginMs,
  })
  return { users, authenticate: await createAuthenticate(users, queue) }
}

async function readAuthorities(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : await readPublicFile(file, 'authority certificate')
}

/**
 * Checks names and passwords by the users file and by a directory, at least one of which is present. Only the file decides
 * about a name that it contains: a directory user with that name, or another spelling of it, does not become that user.
 * INV-GATEWAY-9.
 */
function createPasswordLogin(
  file: { users: UserDirectory; authenticate: Authenticate } | null,
  directory: Authenticate | null,
): Authenticate | null {
  if (file === null || directory === null) return file?.authenticate ?? directory
  return async (name, password) => {
    if (await file.users.find(name.normalize('NFC'))) return file.authenticate(name, password)
    const answer = await directory(name, password)
    if (answer.status !== 'accepted') return answer
    const { subject } = answer.identity
    return (await file.users.isTaken(subject)) ? { status: 'refused', reason: 'name-taken', subject } : answer
  }
}
