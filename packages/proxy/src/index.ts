export { type ProxyEvent, type ProxyOptions, type ProxyStatus, RedisProxy } from './redis-proxy.ts'
