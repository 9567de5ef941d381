import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type AnyDataCentre, isSite } from '../../data-centre/open.ts'

/** Whether the Redis at this address is known to run on this machine. */
export const isOnThisMachine = (dataCentre: AnyDataCentre, host: string): boolean =>
  !isSite(dataCentre) || isOwnAddress(host)

/** A loopback address may be the end of a tunnel to another machine. */
const isOwnAddress = (host: string): boolean =>
  isIP(host) !== 0 &&
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ address, internal }) => address === host && !internal)
