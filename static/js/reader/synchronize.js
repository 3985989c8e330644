// Browsers change a push subscription without telling, and keys are rotated.
// Each visit compares what the browser has with what the server has.

import '../worker/database.js'
import '../worker/secret-store.js'
import { give } from './push-address.js'
import * as api from './api.js'
import * as push from './push.js'
import { timeZone } from '../page/time-zone.js'

// expired says why the server has deleted what this browser followed, if that is
// so: its address had been gone for too long.
export let expired = ''

// synchronize makes the browser and the server agree and returns what the server
// knows, or null when this browser follows nothing. Its problem is the Problem,
// if any, that keeps alerts from this browser: what is followed can be seen and
// changed all the same. Only what cannot be read is thrown.
export function synchronize() {
  return navigator.locks ? navigator.locks.request('newsbell-synchronize', compare) : compare()
}

async function compare() {
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

// withAddress is what the server knows once it has the browser's address of now.
async function withAddress(secret, here) {
  if (self.Notification?.permission !== 'granted') return here
  const key = await api.vapidKey()
  if (await isSame(here, key)) return here
  const fresh = here.needs_resubscribe ? await push.renew(key, here.public_key) : await push.subscribe(key, here.public_key)
  return give(fresh, key, (subscription, key) => api.changeSubscription(secret, { subscription: subscription.toJSON(), vapid_key: key }))
}

// isSame says that the browser has the push subscription that the server knows,
// bound to the key.
export async function isSame(known, key) {
  const browser = await push.existing()
  return Boolean(browser) && push.boundTo(browser, key) && browser.endpoint === known.endpoint && !known.needs_resubscribe
}

// withTimeZone tells the server where the reader is now: quiet hours go with them. A
// time zone that the server does not know becomes UTC there, until a newer server
// is told again; an older server refuses it, and keeps the one it had.
async function withTimeZone(secret, known) {
  const time_zone = timeZone()
  if (time_zone === known.time_zone) return known
  return api.changeSubscription(secret, { time_zone }).catch(problem => {
    if (problem.status !== 422) throw problem
    return known
  })
}

// A secret that the server does not know is worth nothing, and neither is the
// push subscription, which may be the reason: the next follow begins anew with
// both. One that has expired is kept until then, to say so on each visit.
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
