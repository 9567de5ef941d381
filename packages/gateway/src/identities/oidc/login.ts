import type { CallOptions, Claims, JsonValue, Session, TokenStore } from '@holdfast/tokens'
import * as client from 'openid-client'
import type { OidcConfig } from '../../config/identities.ts'
import type { BegunLogin } from '../../limits/provider-limits.ts'
import type { Identity } from '../identity.ts'
import { checkAuthTime } from './auth-time.ts'
import { createFlows } from './flow.ts'
import { createFlowSeal } from './flow-cookie.ts'
import { createSessionLinks } from './links.ts'
import { checkLogoutToken } from './logout-token.ts'
import { identityOf } from './person.ts'
import { createFindProvider } from './provider.ts'
import { providerClaim, providerSessionOf } from './provider-session.ts'
import { toTrouble } from './to-trouble.ts'
import { LoginRefusedError } from './trouble.ts'

/** The ways to log in, for the login page. */
export interface LoginWays {
  password: boolean
  /** What the provider is called, or null when there is none. */
  provider: string | null
}

/** A person whom the provider sent back. */
interface Arrival {
  identity: Identity
  /** What the session must carry besides: whose it is at the provider. */
  claims: Claims
  /** A safe address. */
  returnTo: string
  /** What it counts as while it is under way. */
  begun?: BegunLogin
}

/** A login as a browser asks for it. */
interface Beginning {
  /** A safe address. */
  returnTo: string
  /** The person must have authenticated at the provider at most so long ago (in seconds). */
  maxAge?: number | undefined
  begun: BegunLogin
}

/** The login by a provider of OpenID Connect: authorization code flow with PKCE, state and nonce. */
export interface OidcLogin {
  /**
   * Begins a login: where the browser goes, and the cookie's value that it keeps. Throws `ProviderAwayError` and what
   * `store.issue` throws.
   */
  begin(beginning: Beginning, options: CallOptions): Promise<{ url: string; cookie: string }>
  /**
   * Finishes a login by the query string of the provider's answer. Null when this browser has no such login under way.
   * Throws `ProviderAwayError`, `LoginRefusedError` (`AuthenticationTooOldError` when `maxAge` was asked for and not
   * kept), and what `store.update` throws.
   */
  finish(cookie: string, query: URLSearchParams, options: CallOptions): Promise<Arrival | null>
  /** Makes a new session of {@link Arrival} known to the provider's log-outs. Throws what `store.issue` throws. */
  link(session: Session, options: CallOptions): Promise<void>
  /**
   * Ends what a logout token names, and answers which sessions ended. Throws `LoginRefusedError` when it is not valid
   * or was used before, `ProviderAwayError`, and what the store throws; then it may be sent again.
   */
  endByLogoutToken(token: string, options: CallOptions): Promise<{ subject: string; id: string }[]>
  /**
   * Where a person who had a session with these claims can log out at the provider; null for a session of another way
   * to log in, when the provider has no such address, or while it is away.
   */
  logoutUrl(claims: Claims): Promise<string | null>
}

/** Makes a login by the provider of the configuration. Nothing is asked yet. */
export function createOidcLogin(options: {
  config: OidcConfig
  /** The key ring, of which every gateway has the same. */
  gateway: { store: { keyring: { index: string } } }
  store: TokenStore
}): OidcLogin {
  const { config, gateway, store } = options
  const findProvider = createFindProvider(config)
  const flows = createFlows(store, createFlowSeal(gateway.store.keyring.index))
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
        // What a `max_age` of 0 means; not every provider takes it so (OpenID Connect Core, section 3.1.2.1).
        ...(maxAge === 0 ? { prompt: 'login' } : {}),
      })
      return { url: url.href, cookie: await flows.begin(flow, call) }
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
        if (maxAge !== undefined) checkAuthTime(idClaims.auth_time, maxAge, Date.now())
        const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined
        const userInfo =
          config.userInfo && hasUserInfo
            ? await client.fetchUserInfo(configuration, tokens.access_token, idClaims.sub)
            : {}
        return {
          identity: identityOf({ ...userInfo, ...idClaims } as Record<string, JsonValue>, config),
          claims: {
            oidc: providerClaim(idClaims, config.keepIdToken ? tokens.id_token : undefined),
            // For step-up: the person may have logged in at the provider long before.
            ...(idClaims.auth_time === undefined ? {} : { auth_time: idClaims.auth_time }),
          },
          returnTo,
          ...(begun === undefined ? {} : { begun }),
        }
      } catch (error) {
        throw error instanceof LoginRefusedError ? error : toTrouble(error)
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
      // Last: until everything has ended the provider may send it again.
      await links.markUsed(jti, call)
      return ended
    },

    async logoutUrl(claims) {
      const of = providerSessionOf(claims)
      if (of === null) return null
      // The session has ended already; without the provider there is just nothing more to end.
      const found = await findProvider().catch(() => null)
      if (found?.configuration.serverMetadata().end_session_endpoint === undefined) return null
      return client.buildEndSessionUrl(found.configuration, {
        post_logout_redirect_uri: `${config.publicUrl}/`,
        ...(of.idToken === undefined ? { logout_hint: of.sub } : { id_token_hint: of.idToken }),
      }).href
    },
  }
}
