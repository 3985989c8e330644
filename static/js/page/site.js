// base is the address of Newsbell: an origin, perhaps with a path, without a trailing
// slash. Pages of other sites load this file too, so it is taken from the file's own
// address.
export const base = import.meta.url.slice(0, import.meta.url.lastIndexOf('/static/'))

// Classic scripts, which service workers import too, read it here.
self.newsbell = base

// isGuest says whether the page belongs to another site.
export const isGuest = new URL(base).origin !== location.origin
