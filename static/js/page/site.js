// Where Newsbell is: an origin and perhaps a path, without a slash at the end.
// Pages of other sites load this file too; Newsbell is where it comes from.
export const base = import.meta.url.slice(0, import.meta.url.lastIndexOf('/static/'))

// Classic scripts, which service workers import too, find it here.
self.newsbell = base

// isGuest says that the page is another site's.
export const isGuest = new URL(base).origin !== location.origin
