// This browser's address for pushes, given to the server.

import * as api from './api.js'
import * as push from './push.js'

// give has the server take this browser's push subscription by send(subscription,
// key). A subscription may be of no use: it is somebody else's, its key has been
// retired, or it leads nowhere, as the https://permanently-removed.invalid/ that
// Edge gives on Android. Then the browser gives it up and is asked for another,
// once.
export async function give(subscription, key, send) {
  try {
    return await send(subscription, key)
  } catch (problem) {
    if (problem.status !== 409 && !leadsNowhere(problem)) throw problem
  }
  const fresh = await api.vapidKey()
  try {
    return await send(await push.renew(fresh, key), fresh)
  } catch (problem) {
    throw leadsNowhere(problem) ? new api.Problem(problem.status, cannot, { cause: problem }) : problem
  }
}

const leadsNowhere = problem => Boolean(problem.fields?.includes('body.subscription.endpoint'))

const cannot = 'This browser cannot receive notifications here: the address that it gives for them is not one of a push service that Newsbell sends to. Try another browser, or a newer version of this one.'
