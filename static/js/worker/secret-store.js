// The secret that this browser's subscription is known by, kept where pages
// and the service worker can both read it. A classic script, as database.js is,
// which must be there before it.
self.secretStore = (() => {
  const { subscription } = self.database('newsbell', 'subscription')
  return {
    get: () => subscription.get('secret'),
    set: secret => subscription.put('secret', secret),
    forget: () => subscription.delete('secret'),
  }
})()
