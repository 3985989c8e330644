// What one tab changes is seen in the others. The service worker speaks on the
// same channel.

const channel = 'BroadcastChannel' in self ? new BroadcastChannel('newsbell') : null

// announce tells the other tabs that what this browser follows, or a setting, has
// changed.
export const announce = () => channel?.postMessage('changed')

// onElsewhere calls read when another tab, or a notification's action, has changed
// something, and when the page is looked at again: it may have slept meanwhile.
export function onElsewhere(read) {
  channel?.addEventListener('message', read)
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') read() })
}
