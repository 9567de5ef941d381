/** The channel on which each Sentinel publishes its hello, on every Redis that it watches. */
export const HELLO_CHANNEL = '__sentinel__:hello'

/** The hello that a Sentinel publishes about once a second (`sentinelSendHello`, Redis 7.0.15). */
export interface Hello {
  /** The id of the Sentinel. */
  id: string
  /** Its current epoch: the newest election in which it voted, that it started, or that it learned of. */
  epoch: number
  /** The name under which it watches the primary. */
  primaryName: string
}

/** Parses `ip,port,id,current epoch,name,primary's ip,port,configuration epoch`. Returns null for any other text. */
export function parseHello(message: string): Hello | null {
  const [, , id = '', epoch = '', primaryName = '', ...rest] = message.split(',')
  if (rest.length !== 3 || !/^[0-9a-f]{40}$/.test(id) || !/^\d{1,15}$/.test(epoch)) return null
  return { id, epoch: Number(epoch), primaryName }
}
