// The secret that this browser's subscription is known by, kept where pages
// and the service worker can both read it. A classic script, because service
// workers import it with importScripts; pages import it for self.secretStore.
self.secretStore = (() => {
  const open = () => new Promise((resolve, reject) => {
    const request = indexedDB.open('newsbell', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('subscription')
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

  const within = async (mode, act) => {
    const db = await open()
    try {
      return await new Promise((resolve, reject) => {
        const transaction = db.transaction('subscription', mode)
        const request = act(transaction.objectStore('subscription'))
        transaction.oncomplete = () => resolve(request.result)
        transaction.onabort = () => reject(transaction.error)
      })
    } finally {
      db.close()
    }
  }

  return {
    get: () => within('readonly', store => store.get('secret')),
    set: secret => within('readwrite', store => store.put(secret, 'secret')),
    forget: () => within('readwrite', store => store.delete('secret')),
  }
})()
