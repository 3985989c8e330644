// Browsers change a push subscription without telling, and keys are rotated.
// Each visit compares what the browser has with what the server has.

import './secret-store.js'
import * as api from './api.js'
import * as push from './push.js'

// mend makes the browser and the server agree and returns what the server
// knows, or null when this browser follows nothing.
export function mend() {
  return navigator.locks ? navigator.locks.request('newsbell-mend', compare) : compare()
}

async function compare() {
  const secret = await secretStore.get()
  if (!secret) return null
  const known = await read(secret)
  if (!known || self.Notification?.permission !== 'granted') return known
  const [browser, key] = await Promise.all([push.existing(), api.vapidKey()])
  if (browser && push.boundTo(browser, key) && browser.endpoint === known.endpoint && !known.needs_resubscribe) return known
  const fresh = known.needs_resubscribe ? await push.renew(key, known.public_key) : await push.subscribe(key, known.public_key)
  return api.changeSubscription(secret, { subscription: fresh.toJSON(), vapid_key: key })
}

// A secret that the server does not know is worth nothing: the next follow
// begins anew.
async function read(secret) {
  try {
    return await api.readSubscription(secret)
  } catch (problem) {
    if (problem.status !== 401) throw problem
    await secretStore.forget()
    return null
  }
}
