// The browser's side of Web Push: one subscription for the whole site.

import { Problem } from './api.js'
import { base, isGuest } from '../page/site.js'

// Some push services never answer a browser. In milliseconds.
const timeout = 30_000

// script is the address of the service worker. On another site it is null, and the
// page registers its own worker, unless it names one.
let script = isGuest ? null : base + '/service-worker.js'

export function useWorker(address) {
  script = address
}

// existing returns this browser's push subscription, or null.
export async function existing() {
  return await (await registered())?.pushManager?.getSubscription() ?? null
}

// subscribe returns a subscription that is bound to the key: the existing one if it
// is, otherwise a new one. former is the key that Newsbell's subscription had so far.
export async function subscribe(key, former) {
  const registration = await ready()
  const current = await registration.pushManager.getSubscription()
  if (current && boundTo(current, key)) return current
  if (current && !isOurs(current, key, former)) throw new Problem(0, 'This site already uses notifications of its own in this browser, and Newsbell does not replace them.')
  await current?.unsubscribe()
  try {
    return await withTimeout(registration.pushManager.subscribe({
      userVisibleOnly: true, applicationServerKey: key,
    }))
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(0, subscribeProblem(error), { cause: error })
  }
}

// renew replaces the subscription with a new one.
export async function renew(key, former) {
  await unsubscribe(key, former)
  return subscribe(key, former)
}

export async function unsubscribe(...keys) {
  const current = await existing()
  if (current && isOurs(current, ...keys)) await withTimeout(current.unsubscribe())
}

export function boundTo(subscription, key) {
  const bytes = subscription.options?.applicationServerKey
  return Boolean(bytes) && base64url(bytes) === key.replace(/=+$/, '')
}

// isOurs says whether a subscription is Newsbell's. A service worker has only one, and
// if it is the other site's own it stays.
function isOurs(subscription, ...keys) {
  return !isGuest || keys.some(key => key && boundTo(subscription, key))
}

// registered returns the registration of our service worker, if any. If Newsbell shares
// its origin, another worker may control the whole origin.
export async function registered() {
  const found = await navigator.serviceWorker?.getRegistration(script ?? undefined)
  return isGuest || found?.scope === base + '/' ? found : undefined
}

// ready returns the registration of our service worker once it is active.
export async function ready() {
  try {
    return await withTimeout(registerWorker())
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(0, 'Your browser could not start the background service that receives notifications. Reload the page and try again.', { cause: error })
  }
}

async function registerWorker() {
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

function withTimeout(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Problem(0,
      'Your browser’s push service did not respond. It may be blocked on this network. Try again later.')), timeout)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function subscribeProblem(error) {
  return error.name === 'NotAllowedError'
    ? 'Your browser does not allow notifications from this site.'
    : 'Your browser could not reach its push service. Some browsers turn push messages off in their privacy settings. Otherwise, try again later.'
}

function base64url(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
