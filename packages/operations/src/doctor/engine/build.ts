/** The engine of a Redis, by its `INFO server`. */
export interface EngineBuild {
  product: 'redis' | 'valkey'
  /** Such as `7.0.15`. */
  version: string
  /** Identifies the source and the time of the build: the same version with other patches has another one. */
  id: string
}

export function buildOf(info: Readonly<Record<string, string>>): EngineBuild {
  const { valkey_version: valkey, redis_version: redis = '', redis_build_id: id = '' } = info
  return valkey === undefined
    ? { product: 'redis', version: redis, id }
    : { product: 'valkey', version: valkey, id }
}

/**
 * The build id of a released version that was built with this date of its source (`SOURCE_DATE_EPOCH`), which Debian takes from
 * the changelog of the package. As in `mkreleasehdr.sh` and `release.c` of both engines.
 */
export function buildIdAt(product: EngineBuild['product'], version: string, sourceDateMs: number): string {
  const name = product === 'valkey' ? 'valkey' : ''
  const [isDirty, gitSha1] = ['0', '00000000']
  return crc64(`${name}${version}${Math.trunc(sourceDateMs / 1000)}${isDirty}${gitSha1}`).toString(16)
}

/** The polynomial of `crc64.c` of both engines, with its bits reversed. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n

function crc64(text: string): bigint {
  let crc = 0n
  for (const byte of Buffer.from(text)) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n
  }
  return crc
}
