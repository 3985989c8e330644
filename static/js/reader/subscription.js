// This browser's subscription and what it follows.

import '../worker/database.js'
import '../worker/secret-store.js'
import '../worker/alert-log.js'
import '../worker/receipts.js'
import { give } from './push-address.js'
import * as api from './api.js'
import { announce } from './other-tabs.js'
import { synchronize } from './synchronize.js'
import * as push from './push.js'

// current is what the server knows of this browser, or null.
export const current = synchronize

// follow sets the levels of topics, and subscribes this browser if need be. It
// says whether that was so.
export async function follow(follows) {
  if (!await current()) {
    await create(follows)
    announce()
    return true
  }
  for (const { topic, level } of follows) await setFollow(topic, { level })
  return false
}

// change changes settings, and returns what the server knows then.
export async function change(settings) {
  return announced(await api.changeSubscription(await secretStore.get(), settings))
}

// setFollow sets the level of a topic, or a mute beside it. A mute without a level
// leaves the level there is; a level without a mute ends it.
export async function setFollow(topic, setting) {
  return announced(await api.putFollow(await secretStore.get(), topic, setting))
}

export async function unfollow(topic) {
  return announced(await api.deleteFollow(await secretStore.get(), topic))
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
  announce()
  await push.unsubscribe(key)
}

// announced tells the other tabs what was done, too.
function announced(done) {
  announce()
  return done
}

async function create(follows) {
  const key = await api.vapidKey()
  const { secret } = await give(await push.subscribe(key), key,
    (subscription, key) => api.createSubscription(subscription.toJSON(), key, follows))
  await secretStore.set(secret)
}

function unlessUnknown(problem) {
  if (problem.status !== 401) throw problem
}
