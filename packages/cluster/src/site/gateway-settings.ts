import type { Problem } from './finding.ts'
import type { GatewaySettings } from './site.ts'

/**
 * What is wrong with settings of a gateway, with paths that begin in them. The command hands the gateway's own judgement
 * over: this package knows nothing of gateways but what it renders.
 */
export type JudgeGatewaySettings = (settings: GatewaySettings) => Problem[]

/** What Holdfast renders itself, and where each value comes from. */
const RENDERED: Readonly<Record<string, string>> = {
  name: "the host's name",
  revision: 'the secrets',
  renderedDigest: 'the rendered file',
  dataCentre: "the data centre's name",
  listen: "the host's address",
  usersFile: 'the place that the unit gives to it',
  secureCookies: 'what stands in front, which speaks HTTPS',
  'store.sentinels': 'the hosts that run sentinel',
  'store.primaryName': '`primaryName` of the data centre',
  'store.username': 'the users that Holdfast makes',
  'store.password': 'the secrets',
  'store.sentinelUsername': 'the users that Holdfast makes',
  'store.sentinelPassword': 'the secrets',
  'store.groupMark': 'the secrets',
  'store.keyring': 'the secrets',
  'store.tls': '`transport`',
}

/** Passwords, and the key that names a file with them instead. */
const SECRETS: Readonly<Record<string, string>> = {
  'identities.ldap.bindPassword': 'bindPasswordFile',
  'identities.oidc.clientSecret': 'clientSecretFile',
}

/** The keys of settings that have no place there. Pure. INV-SITE-8. */
export function* misplacedSettings(settings: GatewaySettings): Iterable<Problem> {
  for (const [key, from] of Object.entries(RENDERED)) {
    if (!isThere(settings, key)) continue
    yield {
      path: key.split('.'),
      atKey: true,
      message: `\`${key}\` is rendered by Holdfast, from ${from}: take it out here.`,
    }
  }
  for (const [key, instead] of Object.entries(SECRETS)) {
    if (!isThere(settings, key)) continue
    yield {
      path: key.split('.'),
      atKey: true,
      message: `\`${key}\` is a secret, which is not shown here: write it into a file on the hosts of the gateways, such as /etc/holdfast/gateway/${key.split('.')[1]}, and name that as \`${instead}\`.`,
    }
  }
}

function isThere(settings: GatewaySettings, key: string): boolean {
  let value: unknown = settings
  for (const step of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = (value as Record<string, unknown>)[step]
  }
  return true
}
