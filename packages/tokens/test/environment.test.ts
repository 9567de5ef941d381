import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestAuthority } from '@holdfast/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeOptionsFromEnvironment } from '../src/environment.ts'
import { generateKeyring } from '../src/token/keyring.ts'

const keyring = generateKeyring()
const ENVIRONMENT = {
  HOLDFAST_DATA_CENTRE: 'dc1',
  HOLDFAST_SENTINELS: '10.20.0.11:26379,[fd00::12]:26380',
  HOLDFAST_PRIMARY_NAME: 'mymaster',
  HOLDFAST_GROUP_MARK: 'dc1:00112233445566778899aabbccddeeff',
  HOLDFAST_USERNAME: 'app',
  HOLDFAST_PASSWORD: 'the password of app',
  HOLDFAST_SENTINEL_USERNAME: 'app',
  HOLDFAST_SENTINEL_PASSWORD: 'the password of app at Sentinel',
  HOLDFAST_KEYRING: JSON.stringify(keyring),
}

let folder: string
let tls: { ca: string; cert: string; key: string }
let tlsFiles: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-environment-'))
  const authority = await TestAuthority.create('dc1')
  tls = await authority.host({ name: 'dc1-app-1', addresses: ['10.20.0.21'] })
  tlsFiles = {
    HOLDFAST_TLS_CA_FILE: join(folder, 'ca.pem'),
    HOLDFAST_TLS_CERT_FILE: join(folder, 'host.pem'),
    HOLDFAST_TLS_KEY_FILE: join(folder, 'host-key.pem'),
  }
  await writeFile(join(folder, 'ca.pem'), tls.ca)
  await writeFile(join(folder, 'host.pem'), tls.cert)
  await writeFile(join(folder, 'host-key.pem'), tls.key)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the options of a store from the environment', () => {
  it('are those that holdfast.env names, with IPv4 and IPv6 Sentinels', () => {
    expect(storeOptionsFromEnvironment(ENVIRONMENT)).toEqual({
      dataCentre: 'dc1',
      sentinels: [
        { host: '10.20.0.11', port: 26_379 },
        { host: 'fd00::12', port: 26_380 },
      ],
      primaryName: 'mymaster',
      groupMark: 'dc1:00112233445566778899aabbccddeeff',
      username: 'app',
      password: 'the password of app',
      sentinelUsername: 'app',
      sentinelPassword: 'the password of app at Sentinel',
      keyring,
    })
  })

  it('contain the address map, if there is one', () => {
    const addressMap = { '10.20.0.11:6379': { host: 'redis-1.example.org', port: 6379 } }
    const environment = { ...ENVIRONMENT, HOLDFAST_ADDRESS_MAP: JSON.stringify(addressMap) }
    expect(storeOptionsFromEnvironment(environment)).toMatchObject({ addressMap })
    expect(() =>
      storeOptionsFromEnvironment({ ...ENVIRONMENT, HOLDFAST_ADDRESS_MAP: '10.20.0.11:6379' }),
    ).toThrow(/^HOLDFAST_ADDRESS_MAP must be JSON/)
  })

  it('hold the text of the TLS files that it names', () => {
    expect(storeOptionsFromEnvironment({ ...ENVIRONMENT, ...tlsFiles }).tls).toEqual(tls)
  })

  it('name every variable that is missing or empty', () => {
    const { HOLDFAST_SENTINELS: _, ...some } = ENVIRONMENT
    expect(() => storeOptionsFromEnvironment({ ...some, HOLDFAST_PASSWORD: '' })).toThrow(
      /lacks HOLDFAST_SENTINELS, HOLDFAST_PASSWORD\..*holdfast\.env/,
    )
  })

  it.each([
    [
      'an IPv6 Sentinel without brackets',
      { HOLDFAST_SENTINELS: 'fd00::11:26379' },
      /HOLDFAST_SENTINELS.*\[fd00::12\]:26379.*got "fd00::11:26379"/,
    ],
    [
      'a Sentinel without a port',
      { HOLDFAST_SENTINELS: '10.20.0.11' },
      /HOLDFAST_SENTINELS.*got "10\.20\.0\.11"/,
    ],
    [
      'a key ring that is not JSON',
      { HOLDFAST_KEYRING: '{current:k1,index:secret}' },
      /^HOLDFAST_KEYRING is not JSON\. [^{]*$/,
    ],
    [
      'a key ring without its current key',
      { HOLDFAST_KEYRING: '{"current":"k1","keys":{}}' },
      /^HOLDFAST_KEYRING cannot be used: .*"k1"/,
    ],
    [
      'one TLS file of three',
      { HOLDFAST_TLS_CA_FILE: '/etc/holdfast/tls/ca.pem' },
      /lacks HOLDFAST_TLS_CERT_FILE and HOLDFAST_TLS_KEY_FILE/,
    ],
  ])('name the variable when it holds %s', (_, wrong, message) => {
    expect(() => storeOptionsFromEnvironment({ ...ENVIRONMENT, ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    )
  })

  it('name the variable and the file that cannot be read', () => {
    const away = { ...tlsFiles, HOLDFAST_TLS_KEY_FILE: join(folder, 'away.pem') }
    expect(() => storeOptionsFromEnvironment({ ...ENVIRONMENT, ...away })).toThrow(
      /^HOLDFAST_TLS_KEY_FILE names \/.*away\.pem, which cannot be read \(ENOENT\)\./,
    )
  })

  it('say which variables name a key that does not belong to its certificate', () => {
    const swapped = { ...tlsFiles, HOLDFAST_TLS_CERT_FILE: join(folder, 'ca.pem') }
    expect(() => storeOptionsFromEnvironment({ ...ENVIRONMENT, ...swapped })).toThrow(
      /^The files that HOLDFAST_TLS_CA_FILE, .* name cannot be used: .*not the key of/,
    )
  })
})
