import { z } from 'zod'

const id = z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: 'must be 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", and begin with a letter or a digit',
})

/** A program that may ask about tokens of others. Its secret is not here, only the secret's hash. */
export const clientSchema = z.strictObject({
  id,
  /** SHA-256 of its secret in base64url: enough for 256 random bits, which nobody can guess. */
  secretSha256: z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9_-]{43}$/, {
    error: 'must be the SHA-256 of a secret in base64url; make both with `holdfast clients add`',
  }),
  /** What it may ask for. To end sessions must be said. */
  may: z
    .array(z.enum(['introspect', 'revoke'], { error: 'must be "introspect" or "revoke"' }))
    .min(1, { error: 'must name what the client may do' })
    .default(['introspect']),
})

export type OAuthClient = z.output<typeof clientSchema>

const issuer = z.string({ error: 'must be text' }).refine(isIssuer, {
  error:
    'must be this gateway\'s address as clients know it: "https://" and a host, with a port if any, without a path; ' +
    '"http://" only on loopback',
})

/** RFC 8414, section 2: HTTPS, no query and no fragment. Without a path, so that the endpoints are where they are. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.origin !== text) return false
  return url.protocol === 'https:' || /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
}

/** For resource servers: introspection (RFC 7662) and revocation (RFC 7009). */
export const oauthSchema = z.strictObject({
  /** With it, `/.well-known/oauth-authorization-server` says where everything is (RFC 8414). */
  issuer: issuer.exactOptional(),
  clients: z
    .array(clientSchema, { error: 'must be a list of clients' })
    .refine((clients) => new Set(clients.map(({ id }) => id)).size === clients.length, {
      error: 'must not name a client twice',
    }),
})
