export { Network, OUTSIDE } from './network.ts'
export { findFreePorts } from './ports.ts'
export { PRIMARY_NAME, RedisGroup, type RedisGroupOptions, TEST_MARK, TEST_USERS } from './redis-group.ts'
export { ServerProcess } from './server-process.ts'
