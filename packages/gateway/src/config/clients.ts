import { z } from 'zod'

const id = z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: 'must be 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", and begin with a letter or a digit',
})

/** A program that may ask about other users' tokens. Only the hash of its secret is stored here. */
export const clientSchema = z.strictObject({
  id,
  /** SHA-256 of its secret in base64url. A slow hash would add nothing: the secret has 256 random bits. */
  secretSha256: z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9_-]{43}$/, {
    error: 'must be the SHA-256 of a secret in base64url; make both with `holdfast clients add`',
  }),
  /** Its rights. The right to end sessions must be granted explicitly. */
  may: z
    .array(z.enum(['introspect', 'revoke'], { error: 'must be "introspect" or "revoke"' }))
    .min(1, { error: 'must name at least one right of the client' })
    .default(['introspect']),
})

export type OAuthClient = z.output<typeof clientSchema>

const issuer = z.string({ error: 'must be text' }).refine(isIssuer, {
  error:
    'must be the address by which clients reach this gateway: "https://" and a host, with an optional port and no path; ' +
    '"http://" only on loopback',
})

/** RFC 8414, section 2: HTTPS, without query and fragment. It has no path either, so that it matches the endpoints. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.origin !== text) return false
  return url.protocol === 'https:' || /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
}

/** Introspection (RFC 7662) and revocation (RFC 7009), for resource servers. */
export const oauthSchema = z.strictObject({
  /** With an issuer, `/.well-known/oauth-authorization-server` lists the endpoints (RFC 8414). */
  issuer: issuer.exactOptional(),
  clients: z
    .array(clientSchema, { error: 'must be a list of clients' })
    .refine((clients) => new Set(clients.map(({ id }) => id)).size === clients.length, {
      error: 'must not contain the same client twice',
    }),
})
