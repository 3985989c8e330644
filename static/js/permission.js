// Whether this browser can show notifications here and, if not, why not and
// what the reader can do about it.

// obstacle is null when nothing stands in the way but, perhaps, the browser's
// own question.
export function obstacle() {
  if (!window.isSecureContext) return insecure
  if (onAppleMobile() && !installed()) return appleTab
  if (!('Notification' in window && 'serviceWorker' in navigator && 'PushManager' in window)) return unsupported
  if (Notification.permission === 'denied') return denied
  return null
}

// ask puts the browser's question, and says what became of it. It must be
// called in a click, before anything is awaited.
export async function ask() {
  const answer = await Notification.requestPermission()
  if (answer === 'granted') return null
  return answer === 'denied' ? obstacle() ?? denied : unanswered
}

// words renders an obstacle.
export function words({ title, text, steps }) {
  const box = document.createElement('div')
  box.className = 'obstacle'
  box.append(element('h3', title), element('p', text))
  if (steps) {
    const list = document.createElement('ol')
    list.append(...steps.map(step => element('li', step)))
    box.append(list)
  }
  return box
}

const insecure = {
  id: 'insecure',
  title: 'This connection is not secure',
  text: 'Browsers only allow notifications over https. Open this page with an address that begins with https:// and try again.',
}

const appleTab = {
  id: 'apple-tab',
  title: 'One step first on iPhone and iPad',
  text: 'Here, only sites on the Home Screen may send notifications (iOS 16.4 or newer).',
  steps: [
    'Press the Share button.',
    'Choose “Add to Home Screen”.',
    'Open Newsbell from the Home Screen and press Follow there.',
  ],
}

const unsupported = {
  id: 'unsupported',
  title: 'This window cannot receive notifications',
  text: 'Your browser does not support them, or this is a private window, where they are switched off. Try a normal window, or a current Firefox, Chrome, Edge or Safari. This page is always up to date when you load it.',
}

const denied = {
  id: 'denied',
  title: 'Notifications from this site are blocked',
  text: 'This browser was told not to show them, so only you can allow them again:',
  steps: [
    'Press the icon beside the address at the top of the window.',
    'Find “Notifications” and set it to “Allow”, or remove the block.',
    'Load this page again and press Follow.',
  ],
}

const unanswered = {
  id: 'unanswered',
  title: 'Your browser’s question was not answered',
  text: 'Nothing was changed. Try again and choose “Allow” when the browser asks.',
}

function onAppleMobile() {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) ||
    (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1)
}

function installed() {
  return navigator.standalone === true || matchMedia('(display-mode: standalone)').matches
}

function element(name, text) {
  const node = document.createElement(name)
  node.textContent = text
  return node
}
