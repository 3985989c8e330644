package static

// followChoices is what a page's Follow button offers.
type followChoices struct {
	// Subject is what the page is about.
	Subject string
	// Topic is the one chosen beforehand, or empty.
	Topic string
	// Over says that the page is about an outage that is resolved.
	Over    bool
	Choices []followChoice
}

type followChoice struct{ Topic, Name, Note string }

func (f *followChoices) add(kind, slug, name, note string) {
	f.Choices = append(f.Choices, followChoice{kind + "/" + slug, name, note})
}
