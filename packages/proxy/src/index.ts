export { listen } from './listen.ts'
export { proxyMetrics } from './metrics/proxy-metrics.ts'
export {
  type Certificate,
  type ProxyEvent,
  type ProxyOptions,
  type ProxyStatus,
  RedisProxy,
} from './redis-proxy.ts'
