// Changes this browser's subscription from the service worker. A classic script,
// because service workers import it with importScripts; secret-store.js must be loaded
// first.
self.newsbellWorker ??= {}
self.newsbellWorker.ownSubscription = (() => {
  async function call(method, path = '', body) {
    const headers = { authorization: `Bearer ${await secretStore.get()}`, 'content-type': 'application/json' }
    const answer = await fetch(self.newsbell + '/api/v1/subscription' + path, { method, headers, body: body && JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
    return answer
  }

  return {
    follows: async () => (await (await call('GET')).json()).follows,

    setFollow: (topic, setting) => call('PUT', `/follows/${topic}`, setting),

    // renew subscribes again and sends the server the new address.
    async renew() {
      if (!await secretStore.get()) return
      const { public_key } = await (await fetch(self.newsbell + '/api/v1/vapid-key', { cache: 'no-store' })).json()
      const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key })
      await call('PATCH', '', { subscription, vapid_key: public_key })
    },
  }
})()
