// Small stores of keys and values in IndexedDB. A classic script, because
// service workers import it with importScripts; pages import it for
// self.database.
self.database = (name, ...stores) => {
  const open = () => new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => stores.forEach(store => request.result.createObjectStore(store))
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

  const within = async (store, mode, act) => {
    const db = await open()
    try {
      return await new Promise((resolve, reject) => {
        const transaction = db.transaction(store, mode)
        const request = act(transaction.objectStore(store))
        transaction.oncomplete = () => resolve(request.result)
        transaction.onabort = () => reject(transaction.error)
      })
    } finally {
      db.close()
    }
  }

  const methods = name => ({
    get: key => within(name, 'readonly', store => store.get(key)),
    all: () => within(name, 'readonly', store => store.getAll()),
    keys: () => within(name, 'readonly', store => store.getAllKeys()),
    put: (key, value) => within(name, 'readwrite', store => store.put(value, key)),
    delete: key => within(name, 'readwrite', store => store.delete(key)),
    clear: () => within(name, 'readwrite', store => store.clear()),
    // update replaces a value with change(value), in one transaction.
    update: (key, change) => within(name, 'readwrite', store => {
      const request = store.get(key)
      request.onsuccess = () => store.put(change(request.result), key)
      return request
    }),
  })

  return Object.fromEntries(stores.map(store => [store, methods(store)]))
}
