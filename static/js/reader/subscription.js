// This browser's subscription and what it follows.

import '../worker/database.js'
import '../worker/secret-store.js'
import '../worker/alert-log.js'
import '../worker/receipts.js'
import { registerAddress } from './push-address.js'
import * as api from './api.js'
import { announce } from './other-tabs.js'
import { synchronize } from './synchronize.js'
import * as push from './push.js'

// current returns what the server knows about this browser, or null.
export const current = synchronize

// follow sets the levels of topics, and subscribes this browser if necessary. It
// returns whether it did.
export async function follow(follows) {
  if (!await current()) {
    await create(follows)
    announce()
    return true
  }
  for (const { topic, level } of follows) await setFollow(topic, { level })
  return false
}

// change changes settings, and returns the new subscription.
export async function change(settings) {
  return announced(await api.changeSubscription(await secretStore.get(), settings))
}

// setFollow sets the level or the mute of a topic, or both. A mute alone keeps the
// level; a level alone ends the mute.
export async function setFollow(topic, setting) {
  return announced(await api.putFollow(await secretStore.get(), topic, setting))
}

export async function unfollow(topic) {
  return announced(await api.deleteFollow(await secretStore.get(), topic))
}

// alerts returns the last alerts for this browser, newest first.
export async function alerts() {
  return api.readAlerts(await secretStore.get())
}

// data returns everything that the server stores about this browser.
export async function data() {
  return api.readData(await secretStore.get())
}

// forget deletes everything: the server's row first, because only the secret leads to
// it.
export async function forget() {
  const key = await api.vapidKey()
  const secret = await secretStore.get()
  if (secret) await api.deleteSubscription(secret).catch(unlessUnknown)
  await Promise.all([secretStore, alertLog, receipts].map(store => store.forget()))
  announce()
  await push.unsubscribe(key)
}

// announced tells the other tabs about a change, and returns its result.
function announced(result) {
  announce()
  return result
}

async function create(follows) {
  const key = await api.vapidKey()
  const { secret } = await registerAddress(await push.subscribe(key), key,
    (subscription, key) => api.createSubscription(subscription.toJSON(), key, follows))
  await secretStore.set(secret)
}

function unlessUnknown(problem) {
  if (problem.status !== 401) throw problem
}
