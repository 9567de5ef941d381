export { type HostConfig, readHostConfig } from './config.ts'
export { guardHost } from './guard-host.ts'
export { watchHost } from './watch-host.ts'
