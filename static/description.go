package static

import "strings"

// maxDescription is the maximum length of a description, in bytes; search engines show
// no more.
const maxDescription = 200

// Description returns the outage in a sentence or two: its standfirst; without one, the
// newest update's text; without that, its headline.
func (o OutagePage) Description() string {
	if o.Outage.Standfirst != "" {
		return o.Outage.Standfirst
	}
	for _, update := range o.Updates {
		if update.Text != "" {
			return beginning(update.Text)
		}
	}
	return o.Outage.Headline
}

// beginning returns the first words of a text, in one line.
func beginning(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxDescription {
		return text
	}
	if end := strings.LastIndexByte(text[:maxDescription], ' '); end > 0 {
		return text[:end] + " …"
	}
	return strings.ToValidUTF8(text[:maxDescription], "") + "…"
}
