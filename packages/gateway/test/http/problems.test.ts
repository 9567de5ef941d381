import {
  InvalidOptionError,
  StoreClosedError,
  StoreFullError,
  StoreOverloadedError,
  StoreUnavailableError,
} from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { problemBody, problemOf } from '../../src/http/problems.ts'

test.each([
  [new StoreUnavailableError('redis-1 is away'), 503, 'STORE_UNAVAILABLE', '1'],
  [new StoreOverloadedError('10000 writes wait'), 503, 'STORE_OVERLOADED', '1'],
  [new StoreFullError('maxmemory'), 503, 'STORE_FULL', '30'],
  [new StoreClosedError('closed'), 503, 'STORE_UNAVAILABLE', '1'],
])('the error %s has its own answer with a time to retry', (error, status, code, seconds) => {
  expect(problemOf(error)).toMatchObject({ status, code, headers: { 'retry-after': seconds } })
})

test.each([new Error('hf_secret'), new InvalidOptionError('hf_secret'), 'hf_secret', null])(
  'the answer to the unexpected error %s quotes nothing',
  (error) => {
    const problem = problemOf(error)
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' })
    expect(problemBody(problem)).not.toContain('hf_secret')
  },
)
