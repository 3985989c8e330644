// The open pages of this site. A classic script, because service workers import it
// with importScripts.
self.newsbellWorker ??= {}
self.newsbellWorker.windows = (() => {
  const all = () => clients.matchAll({ type: 'window', includeUncontrolled: true })
  const pageOf = ({ origin, pathname }) => origin + pathname

  // isOurs says whether an address belongs to Newsbell.
  function isOurs(address) {
    try {
      return new URL(address, location.origin).href.startsWith(self.newsbell + '/')
    } catch {
      return false
    }
  }

  // ours returns the address, or the front page's if it is not Newsbell's.
  const ours = address => address && isOurs(address) ? new URL(address, location.origin).href : self.newsbell + '/'

  return {
    isOurs,

    // open shows an address in the window that shows its page, or in a new one.
    async open(address) {
      const url = ours(address)
      const page = (await all()).find(page => pageOf(new URL(page.url)) === pageOf(new URL(url)))
      try {
        await page.focus()
        page.postMessage({ open: url })
      } catch {
        await clients.openWindow(url)
      }
    },

    async broadcast(message) {
      for (const page of await all()) page.postMessage(message)
    },

    // announce tells open pages that the follows have changed.
    announce() {
      const channel = new BroadcastChannel('newsbell')
      channel.postMessage('changed')
      channel.close()
    },
  }
})()
