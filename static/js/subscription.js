// This browser's subscription and what it follows.

import './database.js'
import './secret-store.js'
import './alert-log.js'
import './receipts.js'
import * as api from './api.js'
import { mend } from './mend.js'
import * as push from './push.js'

// current is what the server knows of this browser, or null.
export const current = mend

// follow sets the levels of topics, and subscribes this browser if need be. It
// says whether that was so.
export async function follow(follows) {
  if (!await current()) {
    await create(follows)
    return true
  }
  for (const { topic, level } of follows) await setFollow(topic, { level })
  return false
}

// change changes settings, and returns what the server knows then.
export async function change(settings) {
  return api.changeSubscription(await secretStore.get(), settings)
}

// setFollow sets the level of a topic, or a mute beside it. A mute without a level
// leaves the level there is; a level without a mute ends it.
export async function setFollow(topic, setting) {
  return api.putFollow(await secretStore.get(), topic, setting)
}

export async function unfollow(topic) {
  return api.deleteFollow(await secretStore.get(), topic)
}

// alerts are the last that were for this browser, the newest first.
export async function alerts() {
  return api.readAlerts(await secretStore.get())
}

// data is everything that the server has stored of this browser.
export async function data() {
  return api.readData(await secretStore.get())
}

// forget leaves nothing: the server's row first, while there is a secret to
// address it by.
export async function forget() {
  const key = await api.vapidKey()
  const secret = await secretStore.get()
  if (secret) await api.deleteSubscription(secret).catch(unlessUnknown)
  await Promise.all([secretStore, alertLog, receipts].map(store => store.forget()))
  await push.unsubscribe(key)
}

// A conflict means that the subscription there is cannot be used: it is taken,
// or its key has been retired. A new one with the key of now can.
async function create(follows) {
  const key = await api.vapidKey()
  const { secret } = await post(await push.subscribe(key), key, follows).catch(async problem => {
    if (problem.status !== 409) throw problem
    const fresh = await api.vapidKey()
    return post(await push.renew(fresh), fresh, follows)
  })
  await secretStore.set(secret)
}

function post(subscription, key, follows) {
  return api.createSubscription(subscription.toJSON(), key, follows)
}

function unlessUnknown(problem) {
  if (problem.status !== 401) throw problem
}
