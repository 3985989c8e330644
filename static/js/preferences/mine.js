// What the server knows of this browser, for all parts of the page to show.

import { current } from '../subscription.js'

const shows = []
let known

export const find = id => document.getElementById(id)

// mine is what the server knew last: null when it knows nothing, undefined while
// it has not been heard.
export const mine = () => known

// onChange has show called with it whenever it changes.
export const onChange = show => shows.push(show)

export async function load() {
  tell(await current().catch(plainly))
}

// The words of a browser that keeps nothing for this site are not for readers.
function plainly(problem) {
  if (!(problem instanceof DOMException)) throw problem
  throw new Error('This browser keeps nothing for this site, so there is no secret by which Newsbell could know it. Allow cookies and site data for this site in the browser’s settings, or use a normal window, then try again.', { cause: problem })
}

export function tell(subscription) {
  known = subscription
  find('preferences').toggleAttribute('data-known', Boolean(known))
  for (const show of shows) show(known)
}
