// The secret of this browser's subscription, stored where pages and the service worker
// can both read it. A classic script, like database.js, which must be loaded first.
self.secretStore = (() => {
  const { subscription } = self.database('newsbell', 'subscription')
  return {
    get: () => subscription.get('secret'),
    set: secret => subscription.put('secret', secret),
    forget: () => subscription.delete('secret'),
  }
})()
