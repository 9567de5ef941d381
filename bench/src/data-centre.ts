import { RedisGroup, type RedisGroupOptions, TEST_USERS } from '@holdfast/testing'
import { generateKeyring, type RedisStoreOptions } from '@holdfast/tokens'
import type { Credentials, NodeAddress } from '@holdfast/tokens/redis'

/**
 * The address and login of a client of one node. The client is an administrator, so that ACL rules do not limit
 * either side.
 */
export interface NodeLogin extends Required<Credentials>, NodeAddress {}

/** Three real Redis and three real Sentinels, and the addresses and logins for each side. */
export class DataCentre {
  readonly group: RedisGroup
  readonly #keyring = generateKeyring()

  private constructor(group: RedisGroup) {
    this.group = group
  }

  /** A group that runs already. */
  static of(group: RedisGroup): DataCentre {
    return new DataCentre(group)
  }

  /** Starts a data centre, which ends with the stack. */
  static async start(stack: AsyncDisposableStack, options?: RedisGroupOptions): Promise<DataCentre> {
    const group = await RedisGroup.start(options)
    stack.defer(() => group.stop())
    return new DataCentre(group)
  }

  /** The options of a Holdfast store: the application's ACL user, and defaults for everything else. */
  storeOptions(options: { maxCachedRecords?: number } = {}): RedisStoreOptions {
    return { ...this.access, ...options }
  }

  /** What a store needs of this data centre. */
  get access() {
    return { dataCentre: 'bench', keyring: this.#keyring, ...this.group.access }
  }

  async primaryLogin(): Promise<NodeLogin> {
    const { address } = await this.group.primary()
    return { ...address, ...TEST_USERS.admin }
  }

  /** The value of a field of `INFO` on the primary, as a number. */
  async infoNumber(section: string, field: string): Promise<number> {
    const info = String(await this.group.run(await this.group.primary(), 'INFO', section))
    const value = new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1]
    if (value === undefined) throw new Error(`INFO ${section} has no number ${field}.`)
    return Number(value)
  }
}

export type DataCentreAccess = DataCentre['access']
