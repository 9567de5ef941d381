import { type DataCentrePlace, openDataCentre } from '../../open.ts'
import type { HostDelivery } from '../host-delivery.ts'
import { yoursToDo } from '../rotation.ts'
import { secretFilesOf } from '../secret-files.ts'
import { type KeyringChoices, refuseOddChoices } from './choices.ts'
import { readHistory } from './history.ts'
import { nextKeyId } from './ring.ts'
import { serversOf } from './servers-of.ts'

/**
 * What `rotateKeyring` would do now, a sentence a step. Changes nothing. Throws `NOT_SAFE` for what cannot be meant in this
 * situation; `STATE_UNUSABLE`; and as `openDataCentre`.
 */
export async function planKeyringRotation(options: DataCentrePlace & KeyringChoices): Promise<string[]> {
  const dataCentre = await openDataCentre(options)
  const history = await readHistory(secretFilesOf(dataCentre).keyringHistoryFile)
  refuseOddChoices(history, options)
  const { stage, forgetOld, deliverCommand } = options
  const { keyring } = dataCentre.secrets
  const servers = serversOf(dataCentre, options)
  const next = history.next ?? nextKeyId(keyring, history)
  const gateways = `${servers.count} gateways`
  const byHand = servers.byHand()
  const bring = bringing(byHand, deliverCommand)
  const forget = `Count the live sessions by the key that sealed them; forget each older key that none needs${forgetOld ? '' : ' and that has been out of use for 12 hours'}.`
  if (forgetOld) return [forget, ...bring]
  const add = [
    ...(history.next === null ? [] : [`Go on with the rotation to ${next} that was begun before.`]),
    keyring.keys[next] === undefined
      ? `Add a key ${next} to the ring; ${keyring.current} goes on sealing.`
      : `The key ${next} is in the ring already.`,
  ]
  const known = `Wait until all ${gateways} know it.`
  const use = `Let ${next} seal new sessions; ${keyring.current} stays, to read older ones.`
  const used = [`Wait until all ${gateways} use it.`, forget]
  if (byHand.length === 0) {
    const begin = [...add, ...bring, known]
    return stage === 'begin' ? begin : [...begin, use, ...bring, ...used]
  }
  const stop = 'Stop there, until --stage finish.'
  if (stage !== 'finish') return [...add, ...bring, stop]
  return keyring.current === next ? [...add, ...used] : [...add, known, use, ...bring, stop]
}

const bringing = (byHand: readonly HostDelivery[], deliverCommand: string | undefined): string[] =>
  deliverCommand === undefined ? byHand.map(yoursToDo) : [`Bring the ring to the hosts: ${deliverCommand}`]
