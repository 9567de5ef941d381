import { InvalidOptionError } from './errors.ts'
import { type Environment, explained, groupAccessFrom } from './group-environment.ts'
import type { CommonRedisOptions, SentinelTopology } from './store/api/options.ts'
import { type Keyring, openKeyring } from './token/keyring.ts'

const KEYRING = 'HOLDFAST_KEYRING'

/**
 * Reads the options of `createRedisStore` from the variables of `holdfast.env`, which `holdfast render` writes for
 * every application host. Also reads the TLS files that the variables name, and `HOLDFAST_ADDRESS_MAP`, which is
 * `addressMap` as JSON. To renew the secrets, read the options
 * again and pass them to `store.renew()`.
 *
 * Throws `INVALID_OPTION` and names the variable. No message shows a password or a key.
 */
export function storeOptionsFromEnvironment(
  environment: Environment = process.env,
): CommonRedisOptions & SentinelTopology {
  const access = groupAccessFrom(environment, KEYRING)
  return { ...access, keyring: keyringFrom(environment[KEYRING] ?? '') }
}

function keyringFrom(text: string): Keyring {
  const keyring = parseJson(text) as Keyring
  explained(`${KEYRING} cannot be used`, () => openKeyring(keyring))
  return keyring
}

/** The error of the JSON parser may quote a part of the text, and that part may be a key, so it is not passed on. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidOptionError(`${KEYRING} is not JSON. Render holdfast.env again.`)
  }
}
