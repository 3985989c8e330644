package ledger

import "encoding/json"

const (
	// maxServices bounds how many push services a shard counts by name.
	maxServices = 16
	// OtherServices is the name of the push services beyond those, together.
	OtherServices = "other"
)

// Counts counts the readers of an alert. A ledger knows only their outcomes.
type Counts struct {
	// Audience is how many readers the plan found; 0 before.
	Audience int
	// Accepted by the push service; Gone, whose subscription has ended; Failed
	// for good; Waiting for a retry; Deferred to a catch-up.
	Accepted, Gone, Failed, Waiting, Deferred int
	// Shown, Clicked and Dismissed are how many browsers reported it.
	Shown, Clicked, Dismissed int
}

// Remaining is how many have not been tried yet, or were skipped because they have
// paused or forgotten their subscription since.
func (c Counts) Remaining() int {
	return max(0, c.Audience-c.Accepted-c.Gone-c.Failed-c.Waiting-c.Deferred)
}

// Plus returns the sum of both.
func (c Counts) Plus(other Counts) Counts {
	return Counts{
		Audience: c.Audience + other.Audience,
		Accepted: c.Accepted + other.Accepted, Gone: c.Gone + other.Gone, Failed: c.Failed + other.Failed,
		Waiting: c.Waiting + other.Waiting, Deferred: c.Deferred + other.Deferred,
		Shown: c.Shown + other.Shown, Clicked: c.Clicked + other.Clicked, Dismissed: c.Dismissed + other.Dismissed,
	}
}

// of returns the count of an outcome; [Untried] has none.
func (c *Counts) of(outcome Outcome) *int {
	return [...]*int{Accepted: &c.Accepted, Gone: &c.Gone, Failed: &c.Failed, Waiting: &c.Waiting, Deferred: &c.Deferred}[outcome]
}

// PerService are a shard's counts for each push service, by its name.
type PerService map[string]*Counts

// Total adds up all push services.
func (s PerService) Total() (sum Counts) {
	for _, counts := range s {
		sum = sum.Plus(*counts)
	}
	return sum
}

// Clone returns a copy.
func (s PerService) Clone() PerService {
	clone := make(PerService, len(s))
	for name, counts := range s {
		copied := *counts
		clone[name] = &copied
	}
	return clone
}

// Since returns by how much each push service's counts have changed, also those that only
// the earlier ones have.
func (s PerService) Since(earlier PerService) map[string]Counts {
	changes := make(map[string]Counts, len(s))
	for name, counts := range s {
		changes[name] = *counts
	}
	for name, counts := range earlier {
		changes[name] = changes[name].Plus(counts.negative())
	}
	return changes
}

// negative returns the outcomes' counts with the other sign.
func (c Counts) negative() Counts {
	return Counts{Accepted: -c.Accepted, Gone: -c.Gone, Failed: -c.Failed, Waiting: -c.Waiting, Deferred: -c.Deferred}
}

// at returns the counts of a push service.
func (s PerService) at(name string) *Counts {
	slot := s.Slot(name)
	if s[slot] == nil {
		s[slot] = &Counts{}
	}
	return s[slot]
}

// Slot returns the name under which a push service is counted. It never changes.
func (s PerService) Slot(name string) string {
	if s[name] == nil && len(s) >= maxServices {
		return OtherServices
	}
	return name
}

// MarshalJSON writes the counts of each push service as an array, in the order of the
// outcomes: that is how databases keep them.
func (s PerService) MarshalJSON() ([]byte, error) {
	arrays := make(map[string][5]int, len(s))
	for name, c := range s {
		arrays[name] = [...]int{c.Accepted, c.Gone, c.Failed, c.Waiting, c.Deferred}
	}
	return json.Marshal(arrays)
}

// UnmarshalJSON reads what [PerService.MarshalJSON] wrote. Older releases wrote shorter
// arrays.
func (s *PerService) UnmarshalJSON(encoded []byte) error {
	var arrays map[string][5]int
	if err := json.Unmarshal(encoded, &arrays); err != nil {
		return err
	}
	*s = make(PerService, len(arrays))
	for name, c := range arrays {
		(*s)[name] = &Counts{Accepted: c[0], Gone: c[1], Failed: c[2], Waiting: c[3], Deferred: c[4]}
	}
	return nil
}
