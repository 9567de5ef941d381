import { randomFrom } from '../../token/random.ts'
import { checkNamespace } from '../api/limits.ts'
import type { Backend } from './backend.ts'
import type { ExternalSessions } from './external-sessions.ts'
import { ExternalStore, type ExternalStoreOptions } from './external-store.ts'
import { RegisterStore } from './register-store.ts'
import type { Registers } from './registers.ts'

/** The bytes of a random number below 2^40, which has at most 8 digits in base 36. */
const PROCESS_BYTES = 5

/** The external sessions and the registers of each namespace: the same object for the same one. */
export class Namespaces {
  readonly #backend: Backend
  readonly #options: Omit<ExternalStoreOptions, 'namespace' | 'newWriter'>
  readonly #process = randomFrom(PROCESS_BYTES).readUIntBE(0, PROCESS_BYTES).toString(36)
  readonly #external = new Map<string, ExternalSessions>()
  readonly #registers = new Map<string, Registers>()
  #writes = 0

  constructor(backend: Backend, options: Omit<ExternalStoreOptions, 'namespace' | 'newWriter'>) {
    this.#backend = backend
    this.#options = options
  }

  /** Throws `INVALID_OPTION`. */
  external(namespace: string): ExternalSessions {
    const known = this.#external.get(namespace)
    if (known !== undefined) return known
    const opened = new ExternalStore(this.#backend, this.#optionsOf(namespace))
    this.#external.set(namespace, opened)
    return opened
  }

  /** Throws `INVALID_OPTION`. */
  registers(namespace: string): Registers {
    const known = this.#registers.get(namespace)
    if (known !== undefined) return known
    const opened = new RegisterStore(this.#backend, this.#optionsOf(namespace))
    this.#registers.set(namespace, opened)
    return opened
  }

  #optionsOf(namespace: string): ExternalStoreOptions {
    return {
      ...this.#options,
      namespace: checkNamespace(namespace),
      // Each change is a writer of its own. The outcome of an earlier change of the same version may be unknown, and the
      // two must not be taken for each other.
      newWriter: () => this.#process + (this.#writes++).toString(36),
    }
  }
}
