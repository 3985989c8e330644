package ledger

const (
	// maxServices bounds how many push services a shard counts by name.
	maxServices = 16
	// OtherServices is the name of the push services beyond those, together.
	OtherServices = "other"
)

// Counts counts readers by their [Outcome]; the untried are not counted.
type Counts [5]int

// PerService are a shard's counts for each push service, by its name.
type PerService map[string]*Counts

// Plus returns the sum of both.
func (c Counts) Plus(other Counts) Counts {
	for outcome, n := range other {
		c[outcome] += n
	}
	return c
}

// at returns the counts of a push service.
func (s PerService) at(name string) *Counts {
	slot := s.slot(name)
	if s[slot] == nil {
		s[slot] = &Counts{}
	}
	return s[slot]
}

// slot is the name under which a push service is counted, the same ever after.
func (s PerService) slot(name string) string {
	if s[name] == nil && len(s) >= maxServices {
		return OtherServices
	}
	return name
}

// Total adds up all push services.
func (s PerService) Total() (sum Counts) {
	for _, counts := range s {
		sum = sum.Plus(*counts)
	}
	return sum
}
