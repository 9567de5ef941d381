export { EXPIRED, NOT_YET_VALID, TestAuthority } from './certificates.ts'
export {
  ALL_CLOCKS,
  buildClockShim,
  type ClockName,
  MONOTONIC_ONLY,
  machineNs,
  ShiftableClock,
} from './clock.ts'
export { Network, OUTSIDE } from './network.ts'
export { findFreePorts } from './ports.ts'
export { RedisGroup, type RedisGroupOptions } from './redis-group.ts'
export { PRIMARY_NAME, TEST_MARK, TEST_USERS } from './redis-servers.ts'
export { ServerProcess } from './server-process.ts'
export type { ServerTls } from './server-tls.ts'
export { startStandaloneRedis } from './standalone.ts'
export { startTcpServer, type TcpServer } from './tcp-server.ts'
