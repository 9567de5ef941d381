import { createMemoryStore } from '@holdfast/tokens'
import { KEYRING } from '../support.ts'
import { testStore } from './contract.ts'

testStore(async (options) => createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, ...options }))
