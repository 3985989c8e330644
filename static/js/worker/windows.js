// The open pages of this site. A classic script, because service workers import it
// with importScripts.
self.newsbellWorker ??= {}
self.newsbellWorker.windows = (() => {
  const all = () => clients.matchAll({ type: 'window', includeUncontrolled: true })
  const place = ({ origin, pathname }) => origin + pathname

  // isOurs says that an address is one of Newsbell's and nobody else's.
  function isOurs(address) {
    try {
      return new URL(address, location.origin).href.startsWith(self.newsbell + '/')
    } catch {
      return false
    }
  }

  // ours is the address, or the front page in place of one that is not ours.
  const ours = address => address && isOurs(address) ? new URL(address, location.origin).href : self.newsbell + '/'

  return {
    isOurs,

    // open shows an address in the window that has its page, or in a new one.
    async open(address) {
      const url = ours(address)
      const page = (await all()).find(page => place(new URL(page.url)) === place(new URL(url)))
      try {
        await page.focus()
        page.postMessage({ open: url })
      } catch {
        await clients.openWindow(url)
      }
    },

    async tell(message) {
      for (const page of await all()) page.postMessage(message)
    },

    // announce tells open pages that what is followed has changed.
    announce() {
      const channel = new BroadcastChannel('newsbell')
      channel.postMessage('changed')
      channel.close()
    },
  }
})()
