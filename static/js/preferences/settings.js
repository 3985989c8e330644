// What the server knows of this browser, for all parts of the page to show.

import { current } from '../reader/subscription.js'

const shows = []
let latest

export const find = id => document.getElementById(id)

// known is what the server knew last: null when it knows nothing, undefined while
// it has not been heard.
export const known = () => latest

// onChange has show called with it whenever it changes.
export const onChange = show => shows.push(show)

export async function load() {
  publish(await current().catch(plainly))
}

// The words of a browser that keeps nothing for this site are not for readers.
function plainly(problem) {
  if (!(problem instanceof DOMException)) throw problem
  throw new Error('This browser keeps nothing for this site, so there is no secret by which Newsbell could know it. Allow cookies and site data for this site in the browser’s settings, or use a normal window, then try again.', { cause: problem })
}

export function publish(subscription) {
  latest = subscription
  find('preferences').toggleAttribute('data-known', Boolean(latest))
  for (const show of shows) show(latest)
}
