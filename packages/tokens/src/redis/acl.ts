import { HELLO_CHANNEL } from './hello.ts'
import { HINTS } from './sentinel.ts'

/**
 * The permissions of the application's user: exactly the commands that this package sends. These are rules for
 * `ACL SETUSER` or an ACL file, without user name and password.
 */

/**
 * On Redis: only keys and channels under `hf:`. The user may also subscribe to the hello channel of the Sentinels,
 * but not publish there: a forged hello would give the group another primary.
 */
export const REDIS_ACL_RULES =
  '~hf:* &hf:* -@all +ping +hello +auth +info +wait +get +mget +set +zrange +zadd ' +
  '+zremrangebyscore +scan +del +persist +publish +subscribe +evalsha +script|load +client|setname ' +
  `(&${HELLO_CHANNEL} +subscribe)`

/** On a Sentinel: queries, and the events that the user subscribes to. */
export const SENTINEL_ACL_RULES =
  `resetchannels ${HINTS.map((event) => `&${event}`).join(' ')} -@all +auth +hello +ping +client|setname +subscribe ` +
  '+sentinel|master +sentinel|get-master-addr-by-name +sentinel|replicas +sentinel|sentinels +sentinel|myid'
