// The reader's HTTP API. Every failure is a Problem, whose message can be shown to
// the reader.

import { base, isGuest } from '../page/site.js'
import { timeZone } from '../page/time-zone.js'

const api = base + '/api/v1'

export class Problem extends Error {
  constructor(status, message, { fields = [], ...options } = {}) {
    super(message, options)
    this.name = 'Problem'
    this.status = status
    // fields name the invalid fields of the request, such as "body.subscription.endpoint".
    this.fields = fields
  }
}

export const vapidKey = async () => (await call('GET', '/vapid-key')).public_key

export const createSubscription = (subscription, vapid_key, follows) =>
  call('POST', '/subscriptions', { body: { subscription, vapid_key, follows, time_zone: timeZone() } })

export const readOutage = slug => call('GET', `/outages/${encodeURIComponent(slug)}`)

export const readApp = slug => call('GET', `/apps/${encodeURIComponent(slug)}`)

export const readSubscription = secret => call('GET', '/subscription', { secret })

export const changeSubscription = (secret, changes) =>
  call('PATCH', '/subscription', { secret, body: changes })

export const deleteSubscription = secret => call('DELETE', '/subscription', { secret })

export const createNotice = (secret, kind) =>
  call('POST', '/subscription/notices', { secret, body: { kind } })

export const readNotice = (secret, id) => call('GET', `/subscription/notices/${id}`, { secret })

export const readAlerts = async secret => (await call('GET', '/subscription/alerts', { secret })).alerts

export const readData = secret => call('GET', '/subscription/data', { secret })

export const putFollow = (secret, topic, setting) =>
  call('PUT', `/subscription/follows/${topic}`, { secret, body: setting })

export const deleteFollow = (secret, topic) =>
  call('DELETE', `/subscription/follows/${topic}`, { secret })

async function call(method, path, { secret, body } = {}) {
  const headers = {}
  if (secret) headers.authorization = `Bearer ${secret}`
  if (body) headers['content-type'] = 'application/json'
  let response
  try {
    response = await fetch(api + path, {
      method, headers, body: body && JSON.stringify(body),
      cache: 'no-store', signal: AbortSignal.timeout(15_000),
    })
  } catch {
    throw new Problem(0, await isUnlisted()
      ? 'This page cannot offer notifications: its address is not on Newsbell’s list.'
      : 'Could not reach Newsbell. Check your connection and try again.')
  }
  if (!response.ok) throw await problemOf(response)
  return response.status === 204 ? null : response.json()
}

// isUnlisted says whether a request failed because the page's origin is not on
// Newsbell's list. A script cannot tell that from a lost connection, but with a lost
// connection a no-cors request fails too.
async function isUnlisted() {
  if (!isGuest) return false
  const probe = fetch(api + '/vapid-key', { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(15_000) })
  return probe.then(() => true, () => false)
}

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}))
  return new Problem(response.status, message(response, problem), { fields: problem.errors?.map(({ location }) => location) })
}

function message(response, problem) {
  if (response.status === 401) return 'Newsbell no longer recognizes this browser.'
  if (response.status === 429) return `Too many attempts. Wait ${retryTime(response.headers.get('retry-after'))}, then try again.`
  if (response.status >= 500) return 'Something went wrong on our side. Try again in a minute.'
  if (response.status === 410 && problem.detail) return `${problem.detail[0].toUpperCase()}${problem.detail.slice(1)}.`
  if (problem.errors?.[0]?.message) return `Nothing was changed: ${problem.errors[0].message}.`
  return problem.detail || problem.title || `Newsbell could not do this (${response.status}). Nothing was changed.`
}

// retryTime describes a Retry-After, in seconds or as a date (RFC 9110 section
// 10.2.3).
function retryTime(after) {
  const seconds = Math.ceil(Number(after) || (Date.parse(after) - Date.now()) / 1000)
  if (!(seconds > 0)) return 'a minute'
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
