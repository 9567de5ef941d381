export { SENTINEL_PERIODS } from '../supervise/sentinel-settings.ts'
export { type HostConfig, readHostConfig } from './config.ts'
export { guardHost } from './guard-host.ts'
export { watchHost } from './watch-host.ts'
