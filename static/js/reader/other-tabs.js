// Tells other tabs about changes. The service worker uses the same channel.

const channel = 'BroadcastChannel' in self ? new BroadcastChannel('newsbell') : null

// announce tells the other tabs that a follow or a setting has changed.
export const announce = () => channel?.postMessage('changed')

// onElsewhere calls read when another tab or a notification's action has changed
// something, and when the page becomes visible: it may have missed a message.
export function onElsewhere(read) {
  channel?.addEventListener('message', read)
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') read() })
}
