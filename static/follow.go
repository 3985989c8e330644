package static

// followChoices are the topics that a page's Follow button offers.
type followChoices struct {
	// Subject is what the page is about.
	Subject string
	// Topic is the preselected topic, or empty.
	Topic string
	// Over is true if the page is about a resolved outage.
	Over    bool
	Choices []followChoice
}

type followChoice struct{ Topic, Name, Note string }

func (f *followChoices) add(kind, slug, name, note string) {
	f.Choices = append(f.Choices, followChoice{kind + "/" + slug, name, note})
}
