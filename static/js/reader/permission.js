// Whether this browser can show notifications here and, if not, why and what the
// reader can do about it.

import { element } from '../page/element.js'

// obstacle returns why this page cannot subscribe; null if it can, perhaps after the
// browser has asked for permission.
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

// ask has the browser ask for permission. It returns null if it is granted, otherwise
// the obstacle. It must be called in a click, before anything is awaited.
export async function ask() {
  const willAsk = Notification.permission === 'default'
  const answer = await Notification.requestPermission()
  if (answer === 'granted') return null
  if (answer !== 'denied') return unanswered
  return willAsk ? denied() : obstacle() ?? blocked()
}

// onPermission calls changed whenever the reader changes the permission in the
// browser's own settings.
export async function onPermission(changed) {
  const status = await navigator.permissions?.query({ name: 'notifications' }).catch(() => null)
  status?.addEventListener('change', changed)
}

// whyNoAlerts says why alerts cannot be shown here; empty if they can.
export function whyNoAlerts() {
  const stop = obstacle()
  if (stop) return stop.id === 'blocked' ? 'Notifications are blocked in this browser, so you won’t get alerts.' : 'This browser can’t receive notifications, so you won’t get alerts.'
  return Notification.permission === 'granted' ? '' : 'Notifications are not allowed yet, so you won’t get alerts.'
}

// renderObstacle returns an element that shows an obstacle.
export function renderObstacle({ title, text, steps }) {
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
  text: 'You’re viewing this in another app, which can’t receive notifications.',
  steps: [
    'Open this window’s menu, usually three dots in a corner.',
    'Choose “Open in browser”.',
    'Press Follow there.',
  ],
}

const appleTab = {
  id: 'apple-tab',
  title: 'One extra step on iPhone and iPad',
  text: 'On iOS, only sites on the Home Screen can send notifications (iOS 16.4 or later).',
  steps: [
    'Press the Share button: a square with an arrow that points up.',
    'Choose “Add to Home Screen”.',
    'Open it from the Home Screen and press Follow there.',
  ],
}

const appleOld = {
  id: 'apple-old',
  title: 'Your system is too old for notifications',
  text: 'On iPhone and iPad, notifications need iOS or iPadOS 16.4 or newer (March 2023). To update, open Settings, General, Software Update. Until then, reload this page to see updates.',
}

const unsupported = {
  id: 'unsupported',
  title: 'This window cannot receive notifications',
  text: 'Most browsers turn notifications off in private windows. Otherwise, your browser does not support them. Try a normal window, or a current Firefox, Chrome, Edge or Safari. In Firefox, they also work in a private window, until you close it. Without notifications, reload this page to see updates.',
}

const unanswered = {
  id: 'unanswered',
  title: 'You haven’t answered your browser yet',
  text: 'Nothing was changed. Try again and choose “Allow” when the browser asks. If you saw no question, look for a bell icon next to the address.',
}

// denied is the obstacle if the reader has just denied permission; blocked, if it was
// denied before.
const denied = () => ({
  id: 'denied',
  title: 'Notifications were not allowed',
  text: 'Nothing was changed. In a private window, most browsers block notifications without asking: use a normal window. (Firefox asks there too, but your follows end when you close the window.) To allow notifications:',
  steps: unblocking(),
})

const blocked = () => ({
  id: 'blocked',
  title: 'Notifications from this site are blocked',
  text: 'They were blocked by you, by this browser’s settings or by the administrator of this device. To allow them:',
  steps: unblocking(),
})

// unblocking returns the steps to the permission in each browser. The preferences page
// has no Follow button.
function unblocking() {
  const again = document.getElementById('preferences') ? 'Reload this page.' : 'Reload this page and press Follow.'
  const agent = navigator.userAgent
  if (onAppleMobile()) return ['Open the Settings of your device, then Notifications, then this site.', 'Switch “Allow Notifications” on.', again]
  if (/Firefox/.test(agent)) return ['Press the crossed-out bell, or the padlock, beside the address.', 'Press the × beside “Blocked”, at Notifications.', again]
  if (/Android/.test(agent)) return ['Press the icon to the left of the address, then Permissions.', 'Switch Notifications on.', again]
  if (/Chrom|Edg/.test(agent)) return ['Press the icon to the left of the address.', 'Switch Notifications on, or choose “Reset permission”.', again]
  if (/Safari/.test(agent)) return ['Open Safari’s Settings, then Websites, then Notifications.', 'Set this site to “Allow”.', again]
  return ['Press the icon beside the address at the top of the window.', 'Find Notifications and allow them, or remove the block.', again]
}

// inApp says whether the page is in another app's built-in browser.
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
