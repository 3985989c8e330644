// What the server knows about this browser, for all parts of the page.

import { current } from '../reader/subscription.js'

const shows = []
let latest

export const find = id => document.getElementById(id)

// known returns the latest subscription: null if the server has none, undefined until
// it has answered.
export const known = () => latest

// onChange calls show with the subscription whenever it changes.
export const onChange = show => shows.push(show)

export async function load() {
  publish(await current().catch(explain))
}

// explain replaces the error of a browser that blocks storage with one that a reader
// understands.
function explain(problem) {
  if (!(problem instanceof DOMException)) throw problem
  throw new Error('This browser does not store data for this site, so Newsbell cannot recognize it. Allow cookies and site data for this site in the browser’s settings, or use a normal window, then try again.', { cause: problem })
}

export function publish(subscription) {
  latest = subscription
  find('preferences').toggleAttribute('data-known', Boolean(latest))
  for (const show of shows) show(latest)
}
