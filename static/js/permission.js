// Whether this browser can show notifications here and, if not, why not and
// what the reader can do about it.

import { element } from './element.js'

// obstacle is null when nothing stands in the way but, perhaps, the browser's
// own question.
export function obstacle() {
  if (!window.isSecureContext) return insecure
  if (inApp()) return otherApp
  if (onAppleMobile() && !installed()) return appleTab
  if (!('Notification' in window && 'serviceWorker' in navigator && 'PushManager' in window)) {
    return onAppleMobile() ? appleOld : unsupported
  }
  if (Notification.permission === 'denied') return blocked()
  return null
}

// ask puts the browser's question, and says what became of it. It must be
// called in a click, before anything is awaited.
export async function ask() {
  const asked = Notification.permission === 'default'
  const answer = await Notification.requestPermission()
  if (answer === 'granted') return null
  if (answer !== 'denied') return unanswered
  return asked ? denied() : obstacle() ?? blocked()
}

// onPermission calls back whenever the reader changes the permission in the
// browser's own settings.
export async function onPermission(changed) {
  const status = await navigator.permissions?.query({ name: 'notifications' }).catch(() => null)
  status?.addEventListener('change', changed)
}

// silence says why nothing can ring here, whatever is followed; nothing if it can.
export function silence() {
  const stop = obstacle()
  if (stop) return stop.id === 'blocked' ? 'Notifications are blocked here, so nothing rings.' : 'Notifications cannot come here, so nothing rings.'
  return Notification.permission === 'granted' ? '' : 'Your browser has not allowed notifications yet, so nothing rings.'
}

// words renders an obstacle.
export function words({ title, text, steps }) {
  const box = element('div', { className: 'obstacle' }, element('h3', { textContent: title }), element('p', { textContent: text }))
  if (steps) box.append(element('ol', {}, ...steps.map(step => element('li', { textContent: step }))))
  return box
}

const insecure = {
  id: 'insecure',
  title: 'This connection is not secure',
  text: 'Browsers only allow notifications over https. Open this page with an address that begins with https:// and try again.',
}

const otherApp = {
  id: 'other-app',
  title: 'Open this page in your browser first',
  text: 'You read this inside another app, whose window cannot receive notifications.',
  steps: [
    'Open the menu of this window, mostly three dots in a corner.',
    'Choose “Open in browser”.',
    'Press Follow there.',
  ],
}

const appleTab = {
  id: 'apple-tab',
  title: 'One step first on iPhone and iPad',
  text: 'Here, only sites on the Home Screen may send notifications (iOS 16.4 or newer).',
  steps: [
    'Press the Share button: a square with an arrow that points up.',
    'Choose “Add to Home Screen”.',
    'Open it from the Home Screen and press Follow there.',
  ],
}

const appleOld = {
  id: 'apple-old',
  title: 'This system is too old for notifications',
  text: 'On iPhone and iPad they need iOS or iPadOS 16.4 or newer, which came in March 2023. Look in Settings, General, Software Update. This page is always up to date when you load it.',
}

const unsupported = {
  id: 'unsupported',
  title: 'This window cannot receive notifications',
  text: 'Most browsers switch them off in a private window; otherwise your browser does not support them. Try a normal window, or a current Firefox, Chrome, Edge or Safari. In a private window of Firefox they work, and end with the window. This page is always up to date when you load it.',
}

const unanswered = {
  id: 'unanswered',
  title: 'Your browser’s question was not answered',
  text: 'Nothing was changed. Try again and choose “Allow” when the browser asks. If you saw no question, look for a bell beside the address: some browsers put it there.',
}

// denied is the answer of a moment ago; blocked is what it was from the start.
const denied = () => ({
  id: 'denied',
  title: 'The answer was no',
  text: 'Nothing was changed, and nothing will be sent. In a private window most browsers say no by themselves: use a normal one. (Firefox asks there, too, and what you follow ends with the window.) If you change your mind, only you can allow it:',
  steps: unblocking(),
})

const blocked = () => ({
  id: 'blocked',
  title: 'Notifications from this site are blocked',
  text: 'This browser was told not to show them, by you, by its settings or by whoever manages this device. Allow them again:',
  steps: unblocking(),
})

// unblocking is where each browser keeps its permission. The preferences have no
// Follow to press.
function unblocking() {
  const again = document.getElementById('preferences') ? 'Load this page again.' : 'Load this page again and press Follow.'
  const agent = navigator.userAgent
  if (onAppleMobile()) return ['Open the Settings of your device, then Notifications, then this site.', 'Switch “Allow Notifications” on.', again]
  if (/Firefox/.test(agent)) return ['Press the crossed-out bell, or the padlock, beside the address.', 'Press the × beside “Blocked”, at Notifications.', again]
  if (/Android/.test(agent)) return ['Press the icon to the left of the address, then Permissions.', 'Switch Notifications on.', again]
  if (/Chrom|Edg/.test(agent)) return ['Press the icon to the left of the address.', 'Switch Notifications on, or choose “Reset permission”.', again]
  if (/Safari/.test(agent)) return ['Open Safari’s Settings, then Websites, then Notifications.', 'Set this site to “Allow”.', again]
  return ['Press the icon beside the address at the top of the window.', 'Find Notifications and allow them, or remove the block.', again]
}

// inApp tells the windows that other apps open for links.
function inApp() {
  return /\b(FBAN|FBAV|Instagram|Line|Snapchat|TikTok|musical_ly|LinkedInApp)\b|; wv\)/.test(navigator.userAgent)
}

function onAppleMobile() {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) ||
    (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1)
}

function installed() {
  return navigator.standalone === true || matchMedia('(display-mode: standalone)').matches
}
