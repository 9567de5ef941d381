import { switchOver as switchOverNow } from '../../operate/switchover/switchover.ts'
import { operation } from './operation.ts'
import { labelOf, nameOf } from './plan.ts'

/** No fault, but what users must not notice either: another Redis becomes the primary as planned. */
export const switchOver = operation({
  action: 'switch-over',
  text: ({ victim }) => `switch over from ${labelOf(victim)} as planned`,
  done: (scene) => `${nameOf(scene)} handed over to another Redis as planned.`,
  changesPrimary: true,
  async run({ tools }) {
    await switchOverNow(tools.dataCentre, {})
    return null
  },
})
