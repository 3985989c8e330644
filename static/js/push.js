// The browser's side of Web Push: one subscription for this whole site.

import { Problem } from './api.js'

// The push service is somebody else's; some never answer.
const patience = 30_000

// existing is this browser's push subscription, or null.
export async function existing() {
  const registration = await navigator.serviceWorker?.getRegistration('/')
  return await registration?.pushManager?.getSubscription() ?? null
}

// subscribe returns a subscription that is bound to the key: the one there is,
// if it is, or a new one.
export async function subscribe(key) {
  const registration = await ready()
  const current = await registration.pushManager.getSubscription()
  if (current && boundTo(current, key)) return current
  await current?.unsubscribe()
  try {
    return await inTime(registration.pushManager.subscribe({
      userVisibleOnly: true, applicationServerKey: key,
    }))
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(0, refusal(error), { cause: error })
  }
}

// renew gives up the subscription there is and makes a new one.
export async function renew(key) {
  await unsubscribe()
  return subscribe(key)
}

export async function unsubscribe() {
  await (await existing())?.unsubscribe()
}

export function boundTo(subscription, key) {
  const bytes = subscription.options?.applicationServerKey
  return Boolean(bytes) && base64url(bytes) === key.replace(/=+$/, '')
}

// ready is the registration of the service worker, which is running.
export async function ready() {
  try {
    await navigator.serviceWorker.register('/service-worker.js', { scope: '/' })
    return await inTime(navigator.serviceWorker.ready)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(0, 'Your browser could not start the part that receives notifications. Load the page again, then try once more.', { cause: error })
  }
}

function inTime(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Problem(0,
      'Your browser’s notification service has not answered. It may be blocked on this network; try again later.')), patience)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function refusal(error) {
  return error.name === 'NotAllowedError'
    ? 'Your browser does not allow notifications from this site.'
    : 'Your browser’s notification service refused. Some browsers switch it off in their privacy settings; otherwise try again later.'
}

function base64url(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
