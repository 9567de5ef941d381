/** The channel on which each Sentinel publishes itself, on every Redis that it watches. */
export const HELLO_CHANNEL = '__sentinel__:hello'

/** What a Sentinel publishes of itself about once a second (`sentinelSendHello`, Redis 7.0.15). */
export interface Hello {
  /** What the Sentinel calls itself. */
  id: string
  /** Its current epoch: the newest election that it has voted in, begun or heard of. */
  epoch: number
  /** The name under which it watches the primary. */
  primaryName: string
}

/** Reads `ip,port,id,current epoch,name,primary's ip,port,configuration epoch`; null when it is something else. */
export function parseHello(message: string): Hello | null {
  const [, , id = '', epoch = '', primaryName = '', ...rest] = message.split(',')
  if (rest.length !== 3 || !/^[0-9a-f]{40}$/.test(id) || !/^\d{1,15}$/.test(epoch)) return null
  return { id, epoch: Number(epoch), primaryName }
}
