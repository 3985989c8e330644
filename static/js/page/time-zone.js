// The reader's time zone.

// reported returns the browser's time zone. It may be a name that the browser itself
// does not know: Etc/Unknown, if the system does not say.
const reported = () => Intl.DateTimeFormat().resolvedOptions().timeZone

// isKnown says whether this browser knows a time zone.
export function isKnown(name) {
  try {
    return Boolean(new Intl.DateTimeFormat('en-GB', { timeZone: name }))
  } catch {
    return false
  }
}

// isReported says whether the browser reports a time zone that it knows.
export const isReported = () => Boolean(reported()) && isKnown(reported())

// timeZone returns an IANA name; UTC if the browser reports none that it knows.
export const timeZone = () => isReported() ? reported() : 'UTC'
