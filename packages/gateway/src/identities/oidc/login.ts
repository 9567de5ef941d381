import type { CallOptions, Claims, JsonValue, Keyring, Session, TokenStore } from '@holdfast/tokens'
import * as client from 'openid-client'
import type { OidcConfig } from '../../config/identities.ts'
import type { BegunLogin } from '../../limits/provider-limits.ts'
import type { GroupsToKeep, Identity } from '../../users/identity.ts'
import { LoginRefusedError } from '../errors.ts'
import { checkAuthTime, checkIssuedAt } from './auth-time.ts'
import { createFlows } from './flow.ts'
import { createFlowSeal } from './flow-cookie.ts'
import { createSessionLinks } from './links.ts'
import { checkLogoutToken } from './logout-token.ts'
import { identityOf } from './person.ts'
import { createFindProvider } from './provider.ts'
import { providerClaim, providerSessionOf } from './provider-session.ts'
import { toOidcError } from './to-oidc-error.ts'

/** The ways to log in, for the login page. */
export interface LoginWays {
  password: boolean
  /** The provider's label, or null without a provider. */
  provider: string | null
}

/** A user that the provider sent back. */
interface Arrival {
  identity: Identity
  /** Names of groups that the session does not carry, for the log. */
  omittedGroups: readonly string[]
  /** Further claims of the session: the user's session at the provider. */
  claims: Claims
  /** A safe address. */
  returnTo: string
  /** The attempt that this login counts as until it is finished. */
  begun?: BegunLogin
}

/** A request of a browser to log in. */
interface Beginning {
  /** A safe address. */
  returnTo: string
  /** Max age of the user's authentication at the provider (in seconds). */
  maxAge?: number | undefined
  begun: BegunLogin
}

/** The login at an OpenID Connect provider: authorization code flow with PKCE, state and nonce. */
export interface OidcLogin {
  /**
   * Begins a login. Returns the provider's address, the `state` of the login and the value of its cookie. Throws
   * `ProviderUnavailableError` and what `store.issue` throws.
   */
  begin(beginning: Beginning, options: CallOptions): Promise<{ url: string; state: string; cookie: string }>
  /**
   * Finishes a login with the query string of the provider's answer. Null when this browser has no such login. Throws
   * `ProviderUnavailableError`, `LoginRefusedError` (`AuthenticationTooOldError` when the authentication is older than
   * `maxAge`), and what `store.update` throws.
   */
  finish(cookie: string, query: URLSearchParams, options: CallOptions): Promise<Arrival | null>
  /** Links a new session of {@link Arrival} to the provider's session, for logouts there. Throws what `store.issue` throws. */
  link(session: Session, options: CallOptions): Promise<void>
  /**
   * Ends the sessions that a logout token names, and returns them. Throws `LoginRefusedError` when the token is not valid
   * or was used before, `ProviderUnavailableError`, and what the store throws; then the provider may send it again.
   */
  endByLogoutToken(token: string, options: CallOptions): Promise<{ subject: string; id: string }[]>
  /**
   * The address for a logout at the provider, for a session with these claims. Null for a session that began in another
   * way, for a provider without such an address, and while the provider is unavailable.
   */
  logoutUrl(claims: Claims): Promise<string | null>
}

/** Makes the login at the configured provider. It sends no request. */
export function createOidcLogin(options: {
  config: OidcConfig
  /** The key ring in use, which is the same for every gateway. */
  keyring: () => Keyring
  store: TokenStore
  /** The groups that sessions carry: see `toIdentity`. */
  groupsToKeep: () => GroupsToKeep
}): OidcLogin {
  const { config, store, keyring, groupsToKeep } = options
  const findProvider = createFindProvider(config)
  const flows = createFlows(store, createFlowSeal(keyring))
  const links = createSessionLinks(store, config.issuer)
  const callback = `${config.publicUrl}/oidc/callback`

  return {
    async begin({ returnTo, maxAge, begun }, call) {
      const { configuration } = await findProvider()
      const flow = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
        returnTo,
        begun,
        ...(maxAge === undefined ? {} : { maxAge }),
      }
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: callback,
        scope: config.scope,
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(flow.codeVerifier),
        code_challenge_method: 'S256',
        ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
        // `max_age=0` means this, but not every provider treats it so (OpenID Connect Core, section 3.1.2.1).
        ...(maxAge === 0 ? { prompt: 'login' } : {}),
      })
      return { url: url.href, state: flow.state, cookie: await flows.begin(flow, call) }
    },

    async finish(cookie, query, call) {
      const { configuration } = await findProvider()
      const flow = await flows.take(cookie, query.get('state') ?? '', call)
      if (flow === null) return null
      const {
        state: expectedState,
        nonce: expectedNonce,
        codeVerifier: pkceCodeVerifier,
        returnTo,
        maxAge,
        begun,
      } = flow
      try {
        const tokens = await client.authorizationCodeGrant(configuration, new URL(`${callback}?${query}`), {
          expectedState,
          expectedNonce,
          pkceCodeVerifier,
          idTokenExpected: true,
        })
        const idClaims = tokens.claims()
        if (idClaims === undefined) throw new LoginRefusedError('The provider sent no ID token.')
        checkIssuedAt(idClaims.iat, Date.now())
        if (maxAge !== undefined) checkAuthTime(idClaims.auth_time, maxAge, Date.now())
        const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined
        const userInfo =
          config.userInfo && hasUserInfo
            ? await client.fetchUserInfo(configuration, tokens.access_token, idClaims.sub)
            : {}
        const stated = { ...userInfo, ...idClaims } as Record<string, JsonValue>
        const { identity, omitted } = identityOf(stated, config, groupsToKeep())
        return {
          identity,
          omittedGroups: omitted,
          claims: {
            oidc: providerClaim(idClaims, config.keepIdToken ? tokens.id_token : undefined),
            // For step-up: the user may have logged in at the provider long before.
            ...(idClaims.auth_time === undefined ? {} : { auth_time: idClaims.auth_time }),
          },
          returnTo,
          ...(begun === undefined ? {} : { begun }),
        }
      } catch (error) {
        throw error instanceof LoginRefusedError ? error : toOidcError(error)
      }
    },

    async link(session, call) {
      const of = providerSessionOf(session.claims)
      if (of !== null) await links.add(session, of, call)
    },

    async endByLogoutToken(token, call) {
      const { jti, sub, sid } = await checkLogoutToken(token, await findProvider())
      if (await links.wasUsed(jti, call)) throw new LoginRefusedError('The logout token was used before.')
      const ended = await links.end({ sub, sid }, call)
      // Last, so that the provider may send it again until every session has ended.
      await links.markUsed(jti, call)
      return ended
    },

    async logoutUrl(claims) {
      const of = providerSessionOf(claims)
      if (of === null) return null
      // The session here has ended; without the provider there is nothing more to end.
      const found = await findProvider().catch(() => null)
      if (found?.configuration.serverMetadata().end_session_endpoint === undefined) return null
      return client.buildEndSessionUrl(found.configuration, {
        post_logout_redirect_uri: `${config.publicUrl}/`,
        ...(of.idToken === undefined ? { logout_hint: of.sub } : { id_token_hint: of.idToken }),
      }).href
    },
  }
}
