import { connectControl } from '../../operate/control-client.ts'
import { Nodes } from '../../redis/nodes.ts'
import { openLocal } from '../../state/open.ts'
import { mendRemains } from './remains.ts'

/**
 * Undoes what a killed drill has left in a data centre, and says what that was; null when there was nothing. For who has
 * the data centre to himself.
 *
 * Throws what `mendRemains` throws, and `NOT_RUNNING`.
 */
export async function undoLeftovers(stateDir: string): Promise<string | null> {
  const local = await openLocal(stateDir)
  const nodes = new Nodes(local)
  try {
    return await mendRemains(local.folder, {
      control: connectControl(stateDir),
      ask: (node, commands, timeoutMs) => nodes.send(node, commands, timeoutMs),
    })
  } finally {
    nodes.close()
  }
}
