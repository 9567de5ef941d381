import type { Problem } from './finding.ts'
import type { GatewaySettings } from './site.ts'

/**
 * Returns what is wrong with the settings of a gateway. Paths begin at the settings. The caller passes in the gateway's
 * own validation, because this package knows only the part of a gateway's configuration that it renders.
 */
export type JudgeGatewaySettings = (settings: GatewaySettings) => Problem[]

/** The settings that Holdfast renders itself, and the source of each value. */
const RENDERED: Readonly<Record<string, string>> = {
  name: "the host's name",
  revision: 'the secrets',
  renderedDigest: 'the rendered file',
  dataCentre: "the data centre's name",
  listen: "the host's address",
  usersFile: 'the path in the unit',
  secureCookies: 'the balancer in front, which uses HTTPS',
  'store.sentinels': 'the hosts that run sentinel',
  'store.primaryName': '`primaryName` of the data centre',
  'store.username': 'the users that Holdfast creates',
  'store.password': 'the secrets',
  'store.sentinelUsername': 'the users that Holdfast creates',
  'store.sentinelPassword': 'the secrets',
  'store.groupMark': 'the secrets',
  'store.keyring': 'the secrets',
  'store.tls': '`transport`',
}

/** Passwords, and the key that names the file of each instead. */
const SECRETS: Readonly<Record<string, string>> = {
  'identities.ldap.bindPassword': 'bindPasswordFile',
  'identities.oidc.clientSecret': 'clientSecretFile',
}

/**
 * Finds settings that must not be in the file: those that Holdfast renders, and passwords. Pure.
 * INV-SITE-8.
 */
export function* misplacedSettings(settings: GatewaySettings): Iterable<Problem> {
  for (const [key, from] of Object.entries(RENDERED)) {
    if (!isSet(settings, key)) continue
    yield {
      path: key.split('.'),
      atKey: true,
      message: `Holdfast renders \`${key}\` from ${from}. Remove the setting here.`,
    }
  }
  for (const [key, instead] of Object.entries(SECRETS)) {
    if (!isSet(settings, key)) continue
    yield {
      path: key.split('.'),
      atKey: true,
      message: `\`${key}\` is a secret, and its value is not shown. Write it to a file on the gateway hosts, such as /etc/holdfast/gateway/${key.split('.')[1]}, and name that file as \`${instead}\`.`,
    }
  }
}

function isSet(settings: GatewaySettings, key: string): boolean {
  let value: unknown = settings
  for (const step of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = (value as Record<string, unknown>)[step]
  }
  return true
}
