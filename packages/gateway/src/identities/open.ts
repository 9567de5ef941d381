import type { TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import type { LdapConfig, OidcConfig } from '../config/identities.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { readPublicFile, readSecretLine } from '../files/private.ts'
import { type Authenticate, createAuthenticate } from '../users/authenticate.ts'
import { openUserDirectory } from '../users/directory.ts'
import { createTurns } from '../users/turns.ts'
import type { LoginWays, OidcLogin } from './oidc/login.ts'
import { createPasswordLogin } from './password-login.ts'

/** Who says who somebody is, as the configuration names them. */
export interface Identities {
  authenticate: Authenticate | null
  oidc: OidcLogin | null
  loginWays: LoginWays
}

/**
 * Opens what the configuration names; the clients of LDAP and OpenID are loaded only for that. No directory and no provider is asked yet: one that is away keeps no gateway from
 * starting. Throws `FILE_UNUSABLE` or `USERS_INVALID`.
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

/** A secret that the configuration holds, or whose file it names. */
const secretOf = async (value: string | undefined, file: string | undefined, label: string) =>
  file === undefined ? value : await readSecretLine(file, label)

async function openUsersFile(config: GatewayConfig, file: string, log: FastifyBaseLogger) {
  const { limits } = config
  const users = await openUserDirectory(file, (sentence) => log.error({ event: 'users-file' }, sentence))
  const turns = createTurns({
    atOnce: limits.passwordChecks,
    waiting: limits.waitingLogins,
    waitMs: limits.waitingLoginMs,
  })
  return { users, authenticate: await createAuthenticate(users, turns) }
}

async function readAuthorities(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : await readPublicFile(file, 'authority certificate')
}
