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
])('%s has its own answer, and says when to try again', (error, status, code, seconds) => {
  expect(problemOf(error)).toMatchObject({ status, code, headers: { 'retry-after': seconds } })
})

test.each([new Error('hf_secret'), new InvalidOptionError('hf_secret'), 'hf_secret', null])(
  'whatever else is thrown becomes an error that quotes nothing: %s',
  (error) => {
    const problem = problemOf(error)
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' })
    expect(problemBody(problem)).not.toContain('hf_secret')
  },
)
