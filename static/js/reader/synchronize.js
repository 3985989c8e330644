// Browsers change push subscriptions without notice, and keys are rotated. Each visit
// compares the browser's subscription with the server's.

import '../worker/database.js'
import '../worker/secret-store.js'
import { registerAddress } from './push-address.js'
import * as api from './api.js'
import * as push from './push.js'
import { timeZone } from '../page/time-zone.js'

// expired says that the server deleted this browser's follows because its address had
// been gone for too long; otherwise it is empty.
export let expired = ''

// synchronize reconciles the browser with the server and returns the server's
// subscription, or null if there is none. If alerts cannot reach this browser, its
// problem says why; follows can still be seen and changed. It throws only if the
// subscription cannot be read.
export function synchronize() {
  return navigator.locks ? navigator.locks.request('newsbell-synchronize', reconcile) : reconcile()
}

async function reconcile() {
  expired = ''
  const secret = await secretStore.get()
  if (!secret) return null
  const known = await read(secret)
  if (!known) return null
  let here = known
  try {
    here = await withTimeZone(secret, known)
    return await withAddress(secret, here)
  } catch (error) {
    return { ...here, problem: error instanceof api.Problem ? error : new api.Problem(0, broken, { cause: error }) }
  }
}

const broken = 'Your browser could not renew its push address. Reload the page and try again.'

// withAddress sends the browser's current address to the server, if it differs, and
// returns the server's subscription.
async function withAddress(secret, here) {
  if (self.Notification?.permission !== 'granted') return here
  const key = await api.vapidKey()
  if (await isSame(here, key)) return here
  const fresh = here.needs_resubscribe ? await push.renew(key, here.public_key) : await push.subscribe(key, here.public_key)
  return registerAddress(fresh, key, (subscription, key) => api.changeSubscription(secret, { subscription: subscription.toJSON(), vapid_key: key }))
}

// isSame says whether the browser has the push subscription that the server knows,
// bound to the key.
export async function isSame(known, key) {
  const browser = await push.existing()
  return Boolean(browser) && push.boundTo(browser, key) && browser.endpoint === known.endpoint && !known.needs_resubscribe
}

// withTimeZone sends the reader's time zone to the server, so that quiet hours travel
// with the reader. A server stores UTC in place of a time zone that it does not know;
// an older one answers 422 and keeps the one it had.
async function withTimeZone(secret, known) {
  const time_zone = timeZone()
  if (time_zone === known.time_zone) return known
  return api.changeSubscription(secret, { time_zone }).catch(problem => {
    if (problem.status !== 422) throw problem
    return known
  })
}

// read returns the server's subscription, or null if the server does not know the
// secret. Then the secret and the push subscription, which may be the reason, are of no
// use, and the next follow creates both. An expired secret is kept until then, so that
// each visit can say so.
async function read(secret) {
  try {
    return await api.readSubscription(secret)
  } catch (problem) {
    if (problem.status !== 401 && problem.status !== 410) throw problem
    if (problem.status === 410) expired = problem.message
    else await secretStore.forget()
    await api.vapidKey().then(push.unsubscribe).catch(console.warn)
    return null
  }
}
