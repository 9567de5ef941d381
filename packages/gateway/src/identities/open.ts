import type { TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import { BoundedQueue } from '../base/queues.ts'
import type { LdapConfig, OidcConfig } from '../config/identities.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { readPublicFile, readSecretLine } from '../files/private.ts'
import type { GuessLimit } from '../limits/guess-limit.ts'
import { maxLoginsInProgress } from '../limits/login-queue.ts'
import { type Authenticate, createAuthenticate } from '../users/authenticate.ts'
import {
  createPasswordChange,
  type PasswordChange,
  type PasswordChangeOptions,
} from '../users/change-password.ts'
import { openUserDirectory } from '../users/directory.ts'
import type { GroupsToKeep } from '../users/identity.ts'
import type { LoginWays, OidcLogin } from './oidc/login.ts'
import { createPasswordLogin } from './password-login.ts'

/** The configured ways to authenticate. */
export interface Identities {
  authenticate: Authenticate | null
  /** The change of passwords by users of the users file; null without one. */
  passwordChange: PasswordChange | null
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
  const file =
    config.usersFile === undefined ? null : await openUsersFile(config, config.usersFile, guesses, log)
  const authenticate = createPasswordLogin({
    file,
    directory: ldap === undefined ? null : await openLdap(ldap, keep),
    providerPrefix: oidc?.subjectPrefix,
  })
  return {
    authenticate,
    passwordChange: file?.passwordChange ?? null,
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
  const onProblem = (sentence: string) => log.error({ event: 'users-file' }, sentence)
  const users = await openUserDirectory(file, onProblem)
  const queue = new BoundedQueue({
    maxRunning: limits.passwordChecks,
    // Both queues of logins (`limits/login-queue.ts`) together, so that no counted login is refused here.
    maxWaiting: 2 * maxLoginsInProgress(config),
    maxWaitMs: limits.waitingLoginMs,
  })
  const authenticate = await createAuthenticate(users, queue, guesses)
  return {
    users,
    authenticate,
    passwordChange: await openPasswordChange(config, file, { users, authenticate, queue }, onProblem),
  }
}

async function openPasswordChange(
  { identities }: GatewayConfig,
  file: string,
  parts: Pick<PasswordChangeOptions, 'users' | 'authenticate' | 'queue'>,
  onProblem: (sentence: string) => void,
): Promise<PasswordChange> {
  const isAllowed = identities.changePasswords
  const change = createPasswordChange({ file, isAllowed, ...parts })
  if (isAllowed && !(await change.isPossible())) {
    onProblem(
      `\`identities.changePasswords\` is set, but this process cannot replace the users file ${file}: the file and its folder must belong to the user of this process. Users cannot change their passwords.`,
    )
  }
  return change
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
