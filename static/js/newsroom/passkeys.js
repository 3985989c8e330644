// Passkeys: adding one to an account, and signing in with one. Their forms and buttons
// appear only in browsers that can use passkeys.

import { base } from '../page/site.js'

// A challenge lasts five minutes: the browser's suggestion gets a new one before that.
const suggestionLife = 4 * 60_000

const cancelled = 'Your browser did not finish. Try again, or use your password.'
const tooMany = 'Too many attempts. Wait a minute and try again.'
const failed = 'The newsroom cannot be reached. Try again.'

const canUse = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON && PublicKeyCredential.prototype.toJSON)

const adding = document.querySelector('[data-adds-passkey]')
const signingIn = document.querySelector('[data-signs-in]')

if (canUse && adding) {
  adding.hidden = false
  document.querySelector('[data-without-passkeys]').hidden = true
  adding.addEventListener('submit', event => {
    event.preventDefault()
    attempt(adding, document.querySelector('#problem-passkey'), () => add(adding.elements.passkey.value))
  })
}

if (canUse && signingIn) {
  signingIn.hidden = false
  signingIn.querySelector('button').addEventListener('click', () =>
    attempt(signingIn, signingIn.querySelector('.field-problem'), () => signIn()))
  suggest()
}

// attempt runs an action with its buttons disabled, and shows what went wrong.
async function attempt(form, problem, action) {
  const button = form.querySelector('button')
  button.disabled = true
  problem.textContent = ''
  try {
    await action()
  } catch (error) {
    problem.textContent = wordsOf(error)
    suggest()
  } finally {
    button.disabled = false
  }
}

async function add(name) {
  const { publicKey } = await send('/editor/account/passkeys/options')
  const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
  go(await send('/editor/account/passkeys', { name, credential }))
}

// A page has one request to the browser at a time: a new one ends the last.
let request = new AbortController()

async function signIn(mediation) {
  request.abort()
  request = new AbortController()
  const { signal } = request
  const { publicKey } = await send('/editor/passkeys/options')
  signal.throwIfAborted()
  const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey), mediation, signal })
  const outage = document.querySelector('[name=outage]')?.value
  go(await send('/editor/passkeys/sign-in' + (outage ? `?outage=${outage}` : ''), credential))
}

// suggest lets the browser suggest passkeys in the field of the email address.
async function suggest() {
  if (!signingIn || !await PublicKeyCredential.isConditionalMediationAvailable?.()) return
  const renewal = setTimeout(renew, suggestionLife)
  try {
    await signIn('conditional')
  } catch (error) {
    if (error instanceof Refused) signingIn.querySelector('.field-problem').textContent = error.message
  } finally {
    clearTimeout(renewal)
  }
}

// renew waits until somebody looks at the page.
function renew() {
  if (document.visibilityState === 'visible') suggest()
  else document.addEventListener('visibilitychange', renew, { once: true })
}

class Refused extends Error {}

// send posts JSON and returns the answer. A session that has ended leads to the sign-in.
async function send(path, body = {}) {
  const response = await fetch(base + path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', Accept: 'application/json' } })
  if (response.redirected) location.assign(response.url)
  if (response.status === 429) throw new Refused(tooMany)
  if (response.status === 422) throw new Refused((await response.json()).problem)
  if (!response.ok || response.redirected) throw new Refused(failed)
  return response.json()
}

function go({ location: next }) {
  location.assign(next)
}

function wordsOf(error) {
  if (error instanceof Refused) return error.message
  if (error.name === 'InvalidStateError') return 'This device already has a passkey for your account.'
  return error.name === 'TypeError' ? failed : cancelled
}
