import { createMemoryStore } from '@holdfast/tokens'
import { KEYRING } from '../../support.ts'
import { testAttempts } from '../attempts/attempts-contract.ts'
import { testStore } from './contract.ts'
import { testExternal } from './external-contract.ts'
import { testRegisters } from './registers-contract.ts'

for (const testAll of [testStore, testExternal, testRegisters, testAttempts]) {
  testAll(async (options) => createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, ...options }))
}
