import { expect, test } from 'vitest'
import { readCsv } from '../src/redis-benchmark.ts'

test('the last line of redis-benchmark has the commands per second and the median latency', () => {
  const text = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms"
"GET","57471.26","0.465","0.152","0.447","0.639"
`
  expect(readCsv(text)).toEqual({ perSecond: 57_471.26, p50Ms: 0.447 })
  expect(() => readCsv('WRONGPASS')).toThrow('redis-benchmark printed something else: WRONGPASS')
})
