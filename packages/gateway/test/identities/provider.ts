import type { webcrypto } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { findFreePorts } from '@holdfast/testing'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Configuration, Provider } from 'oidc-provider'
import { onTestFinished } from 'vitest'

const HOST = '127.0.107.2'
/** The public address of the gateways. Nothing listens there: the test's browser uses one of them instead. */
export const PUBLIC_URL = 'http://127.0.107.3:8080'
export const CLIENT_ID = 'holdfast'
const CLIENT_SECRET = 'a-secret-of-the-client-only'

interface Person {
  name?: string
  email?: string
  groups?: string[]
}

/** A real OpenID provider. It logs every browser in as `person`, without a form. */
export interface TestProvider {
  issuer: string
  /** The provider's section of a gateway's configuration. */
  config: Record<string, unknown>
  people: Map<string, Person>
  /** The user of the next login, and the age of the authentication at the provider (in seconds). */
  person: string
  agoSeconds: number
  /** Errors of the provider, such as a logout that a gateway refused. */
  errors: string[]
  /** With `tellsAuthTime` every ID token contains `auth_time`, else only those of requests that need it. */
  start(options?: {
    backchannel?: string
    tellsAuthTime?: boolean
    issuedAheadSeconds?: number
  }): Promise<void>
  stop(): Promise<void>
  /** A logout token with the provider's signature; a change to null removes the claim. */
  logoutToken(changes: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

/** The provider's address and key. It answers after `start()` and ends with the test. */
export async function makeProvider(): Promise<TestProvider> {
  const [port = 0] = await findFreePorts(1)
  const issuer = `http://${HOST}:${port}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'test-key' }
  let server: Server | null = null

  const provider: TestProvider = {
    issuer,
    config: {
      issuer,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      publicUrl: PUBLIC_URL,
      label: 'Example ID',
      scope: 'openid profile email groups',
      timeoutMs: 1500,
    },
    people: new Map(),
    person: 'ada',
    agoSeconds: 0,
    errors: [],
    async start({ backchannel, tellsAuthTime = false, issuedAheadSeconds = 0 } = {}) {
      const oidc = new Provider(issuer, configuration(provider, key, { backchannel, tellsAuthTime }))
      oidc.on('backchannel.error', (_ctx, error) => provider.errors.push(error.message))
      oidc.on('server_error', (_ctx, error) => provider.errors.push(error.message))
      const answer = oidc.callback()
      server = createServer((request, response) => {
        const isInteraction = request.url?.startsWith('/interaction/')
        if (issuedAheadSeconds > 0 && request.url === '/token')
          issueAhead(response, privateKey, issuedAheadSeconds)
        void (isInteraction ? logIn(oidc, provider, request, response) : answer(request, response))
      })
      const listening = Promise.withResolvers<void>()
      server.listen(port, HOST, listening.resolve)
      await listening.promise
    },
    async stop() {
      const ended = server
      server = null
      ended?.closeAllConnections()
      await new Promise((resolve) => (ended === null ? resolve(null) : ended.close(resolve)))
    },
    async logoutToken(changes, header = {}) {
      const nowSeconds = Math.floor(Date.now() / 1000)
      const claims: Record<string, unknown> = {
        iss: issuer,
        aud: CLIENT_ID,
        iat: nowSeconds,
        exp: nowSeconds + 120,
        jti: crypto.randomUUID(),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        ...changes,
      }
      const kept = Object.entries(claims).filter(([, value]) => value !== null)
      return await new SignJWT(Object.fromEntries(kept))
        .setProtectedHeader({ alg: 'RS256', kid: 'test-key', typ: 'logout+jwt', ...header })
        .sign(privateKey)
    },
  }
  onTestFinished(() => provider.stop())
  return provider
}

/** Signs the ID token of a response again, with another time of issue. */
function issueAhead(response: ServerResponse, key: webcrypto.CryptoKey, aheadSeconds: number): void {
  const end = response.end.bind(response) as (text: string) => ServerResponse
  const resign = async (text: string) => {
    const body = JSON.parse(text)
    const { iat = 0, ...claims } = decodeJwt(body.id_token)
    const token = new SignJWT({ ...claims, iat: iat + aheadSeconds })
    const changed = {
      ...body,
      id_token: await token.setProtectedHeader({ alg: 'RS256', kid: 'test-key' }).sign(key),
    }
    response.setHeader('content-length', Buffer.byteLength(JSON.stringify(changed)))
    end(JSON.stringify(changed))
  }
  response.end = ((text: string) => {
    void resign(String(text))
    return response
  }) as typeof response.end
}

async function logIn(
  oidc: Provider,
  { person, agoSeconds }: TestProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ts = Math.floor(Date.now() / 1000) - agoSeconds
  await oidc.interactionFinished(request, response, { login: { accountId: person, ts } })
}

function configuration(
  provider: TestProvider,
  key: Record<string, unknown>,
  { backchannel, tellsAuthTime }: { backchannel: string | undefined; tellsAuthTime: boolean },
): Configuration {
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        require_auth_time: tellsAuthTime,
        redirect_uris: [`${PUBLIC_URL}/oidc/callback`],
        post_logout_redirect_uris: [`${PUBLIC_URL}/`],
        ...(backchannel === undefined
          ? {}
          : {
              backchannel_logout_uri: `${backchannel}/oidc/backchannel-logout`,
              backchannel_logout_session_required: true,
            }),
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['only-for-this-test'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email'], groups: ['groups'] },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...provider.people.get(id) }),
    }),
    // By default it sends no logout to a loopback address.
    fetch(url, options) {
      const { dispatcher: _, ...others } = options ?? {}
      return fetch(url, others)
    },
    // It asks no user for consent.
    async loadExistingGrant(ctx) {
      const existing = ctx.oidc.session?.grantIdFor(CLIENT_ID)
      if (existing !== undefined) return await ctx.oidc.provider.Grant.find(existing)
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client?.clientId ?? '',
        accountId: ctx.oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid profile email groups')
      await grant.save()
      return grant
    },
  }
}
