import { z } from 'zod'
import { isPrivateUrl, origin, text, wholeNumber } from './fields.ts'

const attribute = text.regex(/^[A-Za-z][A-Za-z0-9-]*$/, { error: 'must be the name of an LDAP attribute' })

/** An RFC 4515 search filter with a placeholder, which is replaced by the escaped value. */
const filterWith = (place: string) =>
  text.refine((filter) => filter.startsWith('(') && filter.includes(place), {
    error: `must be a filter in parentheses that contains ${place}`,
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
    /** Tried in order: the next server when one does not answer. */
    urls: z
      .array(ldapUrl, { error: 'must be a list of addresses' })
      .min(1, { error: 'must name at least one server' })
      .max(8, { error: 'must name at most 8 servers' }),
    /** Encrypts an `ldap://` connection before anything else is sent. */
    startTls: z.boolean({ error: 'must be true or false' }).default(false),
    /** Certificate authorities, in PEM, that sign the servers' certificates. Default: those that Node trusts. */
    caFile: text.exactOptional(),
    /** The account that searches the directory. It needs only the right to read. */
    bindDn: text,
    /** Its password, or the file that holds it in one line (exactly one of the two). The file is read at the start. */
    bindPassword: text.exactOptional(),
    bindPasswordFile: text.exactOptional(),
    users: z.strictObject({
      base: text,
      /** `{name}` stands for the typed user name. */
      filter: filterWith('{name}').default('(uid={name})'),
      /** The attribute that becomes the subject. No user may be able to take another user's value. */
      subject: attribute.default('uid'),
      name: attribute.default('cn'),
      email: attribute.default('mail'),
    }),
    /** Without it, users of the directory have no groups. */
    groups: z
      .strictObject({
        /** Only groups below this DN count. */
        base: text,
        /** Where the groups of a user come from: a search below `base`, or the attribute `memberOf` of the user's entry. */
        by: z.enum(['search', 'memberOf'], { error: 'must be "search" or "memberOf"' }).default('search'),
        /** `{dn}` stands for the DN of the user's entry. */
        filter: filterWith('{dn}').default('(member={dn})'),
        /** The attribute that holds the group's name. */
        name: attribute.default('cn'),
      })
      .exactOptional(),
    /** Deadline per server, from the connection to the last answer. */
    timeoutMs: wholeNumber(100, 30_000, ' (ms)').default(3000),
    /** Logins that query the directory at the same time, each on its own connection; and logins that may wait. */
    connections: wholeNumber(1, 64).default(8),
    waiting: wholeNumber(0, 100_000).default(256),
  })
  .refine(
    ({ bindPassword, bindPasswordFile }) => (bindPassword === undefined) !== (bindPasswordFile === undefined),
    {
      path: ['bindPassword'],
      error: 'must be set, or `bindPasswordFile`, but not both',
    },
  )
  .refine(({ urls, startTls }) => startTls || urls.every((url) => isPrivateUrl(new URL(url), 'ldaps:')), {
    path: ['urls'],
    error: 'must begin with "ldaps://" unless `startTls` is true, because passwords would not be encrypted',
  })
  .refine(({ urls, startTls }) => !startTls || urls.every((url) => url.startsWith('ldap:')), {
    path: ['startTls'],
    error: 'must be false with "ldaps://" addresses, because those are already encrypted',
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
    /** The provider's issuer, exactly as its discovery document states it. */
    issuer: httpsUrl,
    clientId: text,
    /** Without a secret the client is public, and only PKCE protects the code. */
    clientSecret: text.exactOptional(),
    /** The file that holds the secret in one line, instead. It is read at the start. */
    clientSecretFile: text.exactOptional(),
    /** How the secret is sent, as registered at the provider: in the `Authorization` header or in the body. */
    clientAuthentication: z.enum(['basic', 'post'], { error: 'must be "basic" or "post"' }).default('basic'),
    /** Shown on the button of the login page: "Log in with …". */
    label: text.max(40, { error: 'must have at most 40 characters' }).default('single sign-on'),
    /** The address by which browsers reach these gateways. Register `<publicUrl>/oidc/callback` at the provider. */
    publicUrl: origin.refine((value) => isPrivateUrl(new URL(value), 'https:'), {
      error: 'must begin with "https://" (http:// only on loopback)',
    }),
    scope: text
      .regex(/^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$/, {
        error: 'must be a list of scopes that begins with "openid"',
      })
      .default('openid profile email'),
    /**
     * The claim that becomes the subject, after `subjectPrefix`. At many providers users can change their own e-mail
     * address and name; only `sub` is sure to stay with one user (OpenID Connect Core, section 5.7).
     */
    subjectClaim: text.default('sub'),
    /** Keeps the provider's users apart from users of the users file and the directory with the same name. */
    subjectPrefix: z
      .string({ error: 'must be text' })
      .max(64, { error: 'must have at most 64 characters' })
      .default('oidc:'),
    /** The claim that lists the groups: its name, or the path to a claim inside, such as `realm_access.roles`. */
    groupsClaim: text.default('groups'),
    /** Also asks the userinfo endpoint: many providers return name, e-mail address and groups only there. */
    userInfo: z.boolean({ error: 'must be true or false' }).default(true),
    /** Stores the ID token with the session (about 1 KB each), for providers that require it at logout. */
    keepIdToken: z.boolean({ error: 'must be true or false' }).default(false),
    /** Deadline of each request to the provider. */
    timeoutMs: wholeNumber(100, 30_000, ' (ms)').default(3000),
  })
  .refine(
    ({ clientSecret, clientSecretFile }) => clientSecret === undefined || clientSecretFile === undefined,
    {
      path: ['clientSecret'],
      error: 'and `clientSecretFile` must not both be set',
    },
  )

/** The ways to log in, besides the users file. */
export const identitiesSchema = z.strictObject({
  ldap: ldap.exactOptional(),
  oidc: oidc.exactOptional(),
  /**
   * Which groups of a directory or a provider a session carries: all, or only those that a rule of `access` names. A
   * session keeps the groups of its login when rules change.
   */
  keepGroups: z.enum(['all', 'in-rules'], { error: 'must be "all" or "in-rules"' }).default('all'),
  /**
   * Lets users of the users file change their own passwords. The gateway then writes the file. Set it only if all gateways
   * of the data centre read this same file: otherwise the old password stays valid at the others.
   */
  changePasswords: z.boolean({ error: 'must be true or false' }).default(false),
})

/** A directory that is queried by LDAP. */
export type LdapConfig = z.output<typeof ldap>

/** An OpenID Connect provider. */
export type OidcConfig = z.output<typeof oidc>
