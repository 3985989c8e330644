// Registers this browser's push address with the server.

import * as api from './api.js'
import * as push from './push.js'

// registerAddress sends this browser's push subscription to the server with
// send(subscription, key). The server may reject it: it belongs to another browser,
// its key has been retired, or its endpoint is dead, such as the
// https://permanently-removed.invalid/ that Edge returns on Android. Then the browser
// is unsubscribed and subscribed again, once.
export async function registerAddress(subscription, key, send) {
  try {
    return await send(subscription, key)
  } catch (problem) {
    if (problem.status !== 409 && !isInvalidEndpoint(problem)) throw problem
  }
  const fresh = await api.vapidKey()
  try {
    return await send(await push.renew(fresh, key), fresh)
  } catch (problem) {
    throw isInvalidEndpoint(problem) ? new api.Problem(problem.status, unsupported, { cause: problem }) : problem
  }
}

const isInvalidEndpoint = problem => Boolean(problem.fields?.includes('body.subscription.endpoint'))

const unsupported = 'This browser cannot receive notifications here, because Newsbell does not know its push service. Try another browser, or a newer version of this one.'
