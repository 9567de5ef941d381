import { InvalidOptionError } from './errors.ts'
import type { NodeAddress } from './redis/address.ts'
import { announcedAddress, checkAddressMap } from './redis/address-map.ts'
import type { GroupOptions } from './redis/group.ts'
import { checkTls } from './redis/tls.ts'
import { checkNumber } from './store/api/limits.ts'
import type { CommonRedisOptions, SentinelTopology, StandaloneTopology } from './store/api/options.ts'

/** How a group is reached: the options of a store without those of its tokens. */
export type GroupAccess = Omit<CommonRedisOptions, 'keyring'> & (SentinelTopology | StandaloneTopology)

/** Checks how a group is reached. Throws `INVALID_OPTION`. */
export function groupOptions(options: GroupAccess): Omit<GroupOptions, 'onFailover'> {
  return {
    ...checkTopology(options),
    dataCentre: options.dataCentre,
    clientName: `holdfast-${options.dataCentre}`,
    username: options.username,
    password: options.password,
    tls: options.tls === undefined ? undefined : checkTls(options.tls),
  }
}

function checkTopology(options: GroupAccess) {
  if (options.standalone !== undefined && options.sentinels !== undefined) {
    throw new InvalidOptionError('Give `sentinels` or `standalone`, not both.')
  }
  if (options.standalone !== undefined) {
    return {
      sentinels: [],
      primaryName: '',
      standalone: checkAddress(options.standalone, 'standalone'),
    }
  }
  if (!Array.isArray(options.sentinels) || options.sentinels.length === 0) {
    throw new InvalidOptionError('`sentinels` must name at least one Sentinel, as `{ host, port }`.')
  }
  const routes = checkAddressMap(options.addressMap === undefined ? {} : options.addressMap, checkAddress)
  const { sentinelTls } = options
  if (sentinelTls !== undefined && typeof sentinelTls !== 'boolean') {
    throw new InvalidOptionError(`\`sentinelTls\` must be true or false, got ${String(sentinelTls)}.`)
  }
  return {
    sentinels: options.sentinels.map((address, index) =>
      announcedAddress(routes, checkAddress(address, `sentinels[${index}]`)),
    ),
    routes,
    sentinelTls,
    primaryName: options.primaryName ?? 'mymaster',
    sentinelUsername: options.sentinelUsername,
    sentinelPassword: options.sentinelPassword,
    mark: options.groupMark,
  }
}

function checkAddress(address: NodeAddress, name: string): NodeAddress {
  if (typeof address?.host !== 'string' || address.host === '') {
    throw new InvalidOptionError(`\`${name}.host\` must be a host name or an address.`)
  }
  return { host: address.host, port: checkNumber(`${name}.port`, address.port, 1, 65_535) }
}
