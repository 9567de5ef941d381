import { z } from 'zod'
import { isPrivateUrl, origin, text, wholeNumber } from './fields.ts'

const attribute = text.regex(/^[A-Za-z][A-Za-z0-9-]*$/, { error: 'must be the name of an attribute' })

/** A search filter of RFC 4515 with a place for a value, which is put in escaped. */
const filterWith = (place: string) =>
  text.refine((filter) => filter.startsWith('(') && filter.includes(place), {
    error: `must be a filter in parentheses that holds ${place}`,
  })

const ldapUrl = text.refine(
  (value) => {
    const url = URL.parse(value)
    return url !== null && /^ldaps?:$/.test(url.protocol) && url.hostname !== '' && /^\/?$/.test(url.pathname)
  },
  { error: 'must be "ldaps://host:port" or "ldap://host:port"' },
)

const ldap = z
  .strictObject({
    /** Asked in turn: the next one when one does not answer. */
    urls: z
      .array(ldapUrl, { error: 'must be a list of addresses' })
      .min(1, { error: 'must name a server' })
      .max(8, {
        error: 'must name 8 servers at most',
      }),
    /** Encrypt an `ldap://` connection before anything is sent on it. */
    startTls: z.boolean({ error: 'must be true or false' }).default(false),
    /** Authorities, in PEM, that sign the servers' certificates. Default: those that Node trusts. */
    caFile: text.exactOptional(),
    /** Who searches. It needs no right but to read. */
    bindDn: text,
    /** Its password, or the file that holds it in one line: one of the two. The file is read at the start. */
    bindPassword: text.exactOptional(),
    bindPasswordFile: text.exactOptional(),
    users: z.strictObject({
      base: text,
      /** `{name}` is what was typed. */
      filter: filterWith('{name}').default('(uid={name})'),
      /** Whose value becomes the subject. It must be one that nobody else has or can take. */
      subject: attribute.default('uid'),
      name: attribute.default('cn'),
      email: attribute.default('mail'),
    }),
    /** Default: the attribute `memberOf` of the person's entry. */
    groups: z
      .strictObject({
        base: text,
        /** `{dn}` is the person's entry. */
        filter: filterWith('{dn}').default('(member={dn})'),
        /** Whose value is the group's name. */
        name: attribute.default('cn'),
      })
      .exactOptional(),
    /** For one server, from the connection to the last answer. */
    timeoutMs: wholeNumber(100, 30_000, ' (ms)').default(3000),
    /** Logins that ask the directory at once, each on a connection of its own; and those that wait for a turn. */
    connections: wholeNumber(1, 64).default(8),
    waiting: wholeNumber(0, 100_000).default(256),
  })
  .refine(
    ({ bindPassword, bindPasswordFile }) => (bindPassword === undefined) !== (bindPasswordFile === undefined),
    {
      path: ['bindPassword'],
      error: 'or `bindPasswordFile` must be there, and not both',
    },
  )
  .refine(({ urls, startTls }) => startTls || urls.every((url) => isPrivateUrl(new URL(url), 'ldaps:')), {
    path: ['urls'],
    error: 'must begin with "ldaps://" unless `startTls` is true: passwords would travel in clear',
  })
  .refine(({ urls, startTls }) => !startTls || urls.every((url) => url.startsWith('ldap:')), {
    path: ['startTls'],
    error: 'must be false with "ldaps://" addresses, which are encrypted from the start',
  })

const httpsUrl = text.refine(
  (value) => {
    const url = URL.parse(value)
    return url !== null && /^https?:$/.test(url.protocol) && isPrivateUrl(url, 'https:')
  },
  { error: 'must be an https:// address (http:// only on loopback)' },
)

const oidc = z
  .strictObject({
    /** The provider, as its discovery document names it. */
    issuer: httpsUrl,
    clientId: text,
    /** Without one the client is public, and PKCE alone protects the code. */
    clientSecret: text.exactOptional(),
    /** The file that holds it in one line, instead. It is read at the start. */
    clientSecretFile: text.exactOptional(),
    /** How the secret is sent, as it was registered: in the `Authorization` header or in the body. */
    clientAuthentication: z.enum(['basic', 'post'], { error: 'must be "basic" or "post"' }).default('basic'),
    /** On the button of the login page: "Log in with …". */
    label: text.max(40, { error: 'must have 40 characters at most' }).default('single sign-on'),
    /** Where browsers find these gateways. The provider must know `<publicUrl>/oidc/callback`. */
    publicUrl: origin.refine((value) => isPrivateUrl(new URL(value), 'https:'), {
      error: 'must begin with "https://" (http:// only on loopback)',
    }),
    scope: text
      .regex(/^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$/, { error: 'must be scopes, the first of them "openid"' })
      .default('openid profile email'),
    /** Which claim becomes the subject, behind `subjectPrefix`. People can change their own e-mail address and name at
     * many providers: `sub` alone is sure to stay one person's (OpenID Connect Core, section 5.7). */
    subjectClaim: text.default('sub'),
    /** Keeps a provider's people apart from those of the users file and the directory, who may have the same name. */
    subjectPrefix: z
      .string({ error: 'must be text' })
      .max(64, { error: 'must have 64 characters at most' })
      .default('oidc:'),
    groupsClaim: text.default('groups'),
    /** Ask the userinfo endpoint, too: many providers tell name, e-mail address and groups there only. */
    userInfo: z.boolean({ error: 'must be true or false' }).default(true),
    /** Keep the ID token with the session (about 1 KB each) for providers that ask for it at log-out. */
    keepIdToken: z.boolean({ error: 'must be true or false' }).default(false),
    /** For each question to the provider. */
    timeoutMs: wholeNumber(100, 30_000, ' (ms)').default(3000),
  })
  .refine(
    ({ clientSecret, clientSecretFile }) => clientSecret === undefined || clientSecretFile === undefined,
    {
      path: ['clientSecret'],
      error: 'and `clientSecretFile` must not both be there',
    },
  )

/** Who may log in, besides the users file. */
export const identitiesSchema = z.strictObject({ ldap: ldap.exactOptional(), oidc: oidc.exactOptional() })

/** A directory that is asked by LDAP. */
export type LdapConfig = z.output<typeof ldap>

/** A provider of OpenID Connect. */
export type OidcConfig = z.output<typeof oidc>
