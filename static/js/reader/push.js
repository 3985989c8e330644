// The browser's side of Web Push: one subscription for this whole site.

import { Problem } from './api.js'
import { base, isGuest } from '../page/site.js'

// The push service is somebody else's; some never answer.
const patience = 30_000

// script is the service worker's. Another site has its own, which its page
// registers unless it says where it is.
let script = isGuest ? null : base + '/service-worker.js'

export function useWorker(address) {
  script = address
}

// existing is this browser's push subscription, or null.
export async function existing() {
  return await (await registered())?.pushManager?.getSubscription() ?? null
}

// subscribe returns a subscription that is bound to the key: the one there is,
// if it is, or a new one. The former key is the one that ours had until now.
export async function subscribe(key, former) {
  const registration = await ready()
  const current = await registration.pushManager.getSubscription()
  if (current && boundTo(current, key)) return current
  if (current && !isOurs(current, key, former)) throw new Problem(0, 'This site already uses notifications of its own in this browser. Newsbell does not replace them.')
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
export async function renew(key, former) {
  await unsubscribe(key, former)
  return subscribe(key, former)
}

export async function unsubscribe(...keys) {
  const current = await existing()
  if (current && isOurs(current, ...keys)) await inTime(current.unsubscribe())
}

export function boundTo(subscription, key) {
  const bytes = subscription.options?.applicationServerKey
  return Boolean(bytes) && base64url(bytes) === key.replace(/=+$/, '')
}

// isOurs tells ours from one that another site has for itself: a service
// worker has one subscription, and theirs stays.
function isOurs(subscription, ...keys) {
  return !isGuest || keys.some(key => key && boundTo(subscription, key))
}

// registered is the registration of the service worker, if there is one. What is
// beside ours at its origin has others, and one of those may be in charge of the
// whole origin.
export async function registered() {
  const found = await navigator.serviceWorker?.getRegistration(script ?? undefined)
  return isGuest || found?.scope === base + '/' ? found : undefined
}

// ready is the registration of the service worker, which is running.
export async function ready() {
  try {
    return await inTime(begun())
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(0, 'Your browser could not start the background service that receives notifications. Reload the page and try again.', { cause: error })
  }
}

async function begun() {
  if (script) await navigator.serviceWorker.register(script)
  const registration = await registered()
  if (!registration) throw new Error('this page has no service worker')
  return activated(registration)
}

async function activated(registration) {
  const worker = registration.active ?? registration.waiting ?? registration.installing
  while (worker.state !== 'activated') await new Promise(resolve => worker.addEventListener('statechange', resolve, { once: true }))
  return registration
}

function inTime(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Problem(0,
      'Your browser’s push service did not respond. It may be blocked on this network. Try again later.')), patience)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function refusal(error) {
  return error.name === 'NotAllowedError'
    ? 'Your browser does not allow notifications from this site.'
    : 'Your browser’s push service refused. Some browsers turn it off in their privacy settings. Otherwise, try again later.'
}

function base64url(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
