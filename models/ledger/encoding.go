package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// ErrCorrupt is the error of a ledger that cannot be read.
var ErrCorrupt = errors.New("corrupt ledger")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ledgerVersion marks ledgers with Deferred and timestamps; those of version 0 had neither.
// It is added to the checksum with XOR, and differs from 0 in many bits, so that one damaged
// byte does not turn one version into the other.
const ledgerVersion = 0x6c656432

// Encode writes a checksum and then sections, each after its length: the
// final bitmaps in roaring's portable format, the counts, the timestamps, and for
// each group of retries its push service, its times and its bitmap. Numbers are little-endian.
func (l *Ledger) Encode() ([]byte, error) {
	out := make([]byte, 4)
	for _, outcome := range finals {
		out = appendBitmap(out, l.With(outcome))
	}
	services, err := json.Marshal(l.PerService)
	if err != nil {
		return nil, fmt.Errorf("encode ledger: %w", err)
	}
	out = appendSection(out, services)
	out = appendSection(out, l.timestamps.encode())
	for _, group := range l.retries {
		out = appendSection(out, []byte(group.service))
		out = binary.LittleEndian.AppendUint64(out, uint64(group.due))
		out = binary.LittleEndian.AppendUint32(out, uint32(group.tries))
		out = appendBitmap(out, group.readers)
	}
	binary.LittleEndian.PutUint32(out, crc32.Checksum(out[4:], castagnoli)^ledgerVersion)
	return out, nil
}

// Decode reads what [Ledger.Encode] wrote; no bytes are an empty ledger. All its
// errors are an [ErrCorrupt].
func Decode(raw []byte) (Ledger, error) {
	ledger := New()
	if len(raw) == 0 {
		return ledger, nil
	}
	if len(raw) < 4 {
		return Ledger{}, fmt.Errorf("%w: too short", ErrCorrupt)
	}
	version := binary.LittleEndian.Uint32(raw) ^ crc32.Checksum(raw[4:], castagnoli)
	if version != 0 && version != ledgerVersion {
		return Ledger{}, fmt.Errorf("%w: wrong checksum", ErrCorrupt)
	}
	d := decoder{rest: raw[4:]}
	for _, outcome := range finals {
		if outcome != Deferred || version > 0 {
			d.bitmap(ledger.With(outcome))
		}
	}
	if err := json.Unmarshal(d.section(), &ledger.PerService); err != nil {
		d.fail(err)
	}
	if version > 0 {
		ledger.timestamps = d.timestamps()
	}
	for len(d.rest) > 0 && d.err == nil {
		group := retry{service: string(d.section()), readers: roaring.New()}
		group.due = int64(binary.LittleEndian.Uint64(d.take(8)))
		group.tries = int(binary.LittleEndian.Uint32(d.take(4)))
		d.bitmap(group.readers)
		ledger.retries = append(ledger.retries, group)
	}
	if d.err != nil {
		return Ledger{}, d.err
	}
	slices.SortStableFunc(ledger.retries, compareRetries) // an older release did not sort by tries
	return ledger, nil
}

func (s timestamps) encode() (out []byte) {
	for _, timestamp := range s {
		out = binary.LittleEndian.AppendUint64(out, uint64(timestamp.at))
		out = binary.LittleEndian.AppendUint32(out, timestamp.upto)
		if timestamp.upto == 0 {
			out = appendBitmap(out, timestamp.readers)
		}
	}
	return out
}

func appendBitmap(out []byte, bitmap *roaring.Bitmap) []byte {
	bitmap.RunOptimize()
	raw, err := bitmap.ToBytes()
	if err != nil {
		panic(err) // it writes to memory
	}
	return appendSection(out, raw)
}

func appendSection(out, section []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(section))), section...)
}

// decoder reads on until its first error; then everything is empty.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) timestamps() (all timestamps) {
	section := decoder{rest: d.section()}
	for len(section.rest) > 0 && section.err == nil {
		one := timestamp{readers: roaring.New()}
		one.at = int64(binary.LittleEndian.Uint64(section.take(8)))
		if one.upto = binary.LittleEndian.Uint32(section.take(4)); one.upto == 0 {
			section.bitmap(one.readers)
		}
		all = append(all, one)
	}
	if section.err != nil {
		d.fail(section.err)
	}
	return all
}

func (d *decoder) bitmap(into *roaring.Bitmap) {
	if err := into.UnmarshalBinary(d.section()); err != nil {
		d.fail(err)
	}
}

func (d *decoder) section() []byte {
	return d.take(int(binary.LittleEndian.Uint32(d.take(4))))
}

// take always gives n bytes, unless n is more than there are.
func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.fail(errors.New("too short"))
		return make([]byte, min(n, 8))
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
}
