package models

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// beginChain is the action of the first entry in the chain.
const beginChain = "begin hash chain"

// auditChain is the one row that knows both ends of the chain. IDs follow each other without
// a gap from FirstID to LastID.
type auditChain struct {
	ID              int64
	FirstID, LastID int64
	// Hash is the last entry's.
	Hash []byte
}

// TableName is the name that GORM would not guess.
func (auditChain) TableName() string { return "audit_chains" }

// auditKey is the key of the chain's hashes.
type auditKey struct {
	ID        int64
	Key       []byte
	CreatedAt time.Time
}

// TableName is the name that GORM would not guess.
func (auditKey) TableName() string { return "audit_keys" }

// appendToChain writes entries at the end of the chain and returns the last one.
func (s *Store) appendToChain(tx *gorm.DB, entries []AuditEntry) (end AuditEntry, err error) {
	chain, key, err := s.lockChain(tx)
	if err != nil {
		return end, fmt.Errorf("audit chain: %w", err)
	}
	if chain.LastID < chain.FirstID {
		first := AuditEntry{Actor: Operator, Action: beginChain, Subject: "earlier entries are not in it", CreatedAt: s.Now()}
		entries = append([]AuditEntry{first}, entries...)
	}
	for i := range entries {
		chain.LastID++
		entries[i].ID = chain.LastID
		chain.Hash = entries[i].link(key, chain.Hash)
		entries[i].Hash = chain.Hash
	}
	if err := tx.Create(&entries).Error; err != nil {
		return end, err
	}
	return entries[len(entries)-1], tx.Save(&chain).Error
}

// lockChain locks the ends of the chain, and returns them with the key. It makes both for
// the first entry.
func (s *Store) lockChain(tx *gorm.DB) (chain auditChain, key []byte, err error) {
	lock := func() error { return tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&chain).Error }
	if err = lock(); errors.Is(err, gorm.ErrRecordNotFound) {
		if err = s.makeChain(tx); err == nil {
			err = lock()
		}
	}
	if err != nil {
		return chain, nil, err
	}
	var stored auditKey
	err = tx.Take(&stored).Error
	return chain, stored.Key, err
}

// makeChain makes a chain without an entry, and its key. If processes do it at the same
// time, the first one's are used.
func (s *Store) makeChain(tx *gorm.DB) error {
	var last int64
	if err := tx.Model(&AuditEntry{}).Select("coalesce(max(id), 0)").Scan(&last).Error; err != nil {
		return err
	}
	ifNone := clause.OnConflict{DoNothing: true}
	if err := tx.Clauses(ifNone).Create(&auditChain{ID: 1, FirstID: last + 1, LastID: last, Hash: []byte{}}).Error; err != nil {
		return err
	}
	key := auditKey{ID: 1, Key: make([]byte, sha256.Size), CreatedAt: s.Now()}
	rand.Read(key.Key)
	return tx.Clauses(ifNone).Create(&key).Error
}

// link returns the hash of the entry: HMAC-SHA256 over the hash of the entry before and all
// fields, each after its length in 8 bytes, so that no two entries have the same bytes.
func (e AuditEntry) link(key, previous []byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, field := range []string{
		string(previous), strconv.FormatInt(e.ID, 10), e.Actor, e.Action, e.Subject, e.Before, e.After,
		e.CreatedAt.UTC().Format(time.RFC3339Nano),
	} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(field)))
		mac.Write(length[:])
		mac.Write([]byte(field))
	}
	return mac.Sum(nil)
}

// AuditHead is the end of the chain at some time, as the log has it. Anybody who can change the
// database can cut the last entries off, but a head that was kept elsewhere shows it.
type AuditHead struct {
	ID   int64
	Hash []byte
}

// ParseAuditHead reads "57:<hash in hex>".
func ParseAuditHead(s string) (AuditHead, error) {
	id, hash, _ := strings.Cut(s, ":")
	var head AuditHead
	var err error
	if head.ID, err = strconv.ParseInt(id, 10, 64); err == nil {
		head.Hash, err = hex.DecodeString(hash)
	}
	if err != nil || head.ID < 1 || len(head.Hash) != sha256.Size {
		return AuditHead{}, fmt.Errorf("%q is not the head of an audit log, such as 57:3f0a…", s)
	}
	return head, nil
}

// String is the head as the log has it.
func (h AuditHead) String() string { return fmt.Sprintf("%d:%x", h.ID, h.Hash) }

// AuditFault is the first entry of the chain that is not as it was written.
type AuditFault struct {
	EntryID int64
	// Words say what is wrong: "was changed".
	Words string
}

func (e *AuditFault) Error() string { return fmt.Sprintf("audit entry %d %s", e.EntryID, e.Words) }

// AuditReport is what [Store.VerifyAudit] found.
type AuditReport struct {
	// Entries is how many entries are in the chain, and Unchained how many are older.
	Entries, Unchained int64
	// Head is the end of the chain; zero while there is none.
	Head AuditHead
}

// VerifyAudit checks the hash of each entry in the chain. If one is missing, or is not as it
// was written, the error is an [*AuditFault] that names the first. kept is a head that was
// logged, which the chain must contain; zero for none. Nothing is changed.
func (s *Store) VerifyAudit(ctx context.Context, kept AuditHead) (AuditReport, error) {
	report, err := s.verifyAudit(ctx, kept)
	if err != nil {
		return report, fmt.Errorf("verify audit log: %w", domain(err))
	}
	return report, nil
}

func (s *Store) verifyAudit(ctx context.Context, kept AuditHead) (report AuditReport, err error) {
	db := s.db.Read.WithContext(ctx)
	v, err := openChain(db, kept)
	if v == nil || err != nil {
		return report, err
	}
	if err := db.Model(&AuditEntry{}).Where("id < ?", v.first).Count(&report.Unchained).Error; err != nil {
		return report, err
	}
	for {
		// The end is read before the entries: others may be adding some.
		var chain auditChain
		if err := db.Take(&chain).Error; err != nil {
			return report, err
		}
		var entries []AuditEntry
		if err := db.Order("id").Limit(verifyBatch).Find(&entries, "id > ?", v.last).Error; err != nil {
			return report, err
		}
		if len(entries) == 0 {
			report.Entries, report.Head = v.last-v.first+1, AuditHead{v.last, v.hash}
			return report, v.checkEnd(chain)
		}
		if err := v.check(entries); err != nil {
			return report, err
		}
	}
}

// openChain reads the key and where the chain begins; nil if there is none.
func openChain(db *gorm.DB, kept AuditHead) (*auditVerifier, error) {
	var chain auditChain
	if err := db.Take(&chain).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, err
	}
	if err := checkCutOff(db, chain); err != nil {
		return nil, err
	}
	switch {
	case chain.FirstID == 0 && kept.ID == 0:
		return nil, nil
	case chain.FirstID == 0:
		return nil, &AuditFault{kept.ID, "is missing: there is no chain"}
	}
	var key auditKey
	if err := db.Take(&key).Error; err != nil {
		return nil, fmt.Errorf("the key of the chain: %w", err)
	}
	return &auditVerifier{db: db, key: key.Key, kept: kept, first: chain.FirstID, last: chain.FirstID - 1}, nil
}

// checkCutOff returns a fault if an entry before the chain was in one.
func checkCutOff(db *gorm.DB, chain auditChain) error {
	var off []int64
	before := db.Model(&AuditEntry{}).Where("hash IS NOT NULL")
	if chain.FirstID != 0 {
		before = before.Where("id < ?", chain.FirstID)
	}
	err := before.Order("id").Limit(1).Pluck("id", &off).Error
	if err == nil && len(off) > 0 {
		err = &AuditFault{off[0], "is cut off from its chain"}
	}
	return err
}

// verifyBatch is how many entries are in memory at a time.
const verifyBatch = 500

// auditVerifier walks along the chain.
type auditVerifier struct {
	db   *gorm.DB
	key  []byte
	kept AuditHead
	// first is the ID of the first entry in the chain; last and hash are those of the last
	// one that was right.
	first, last int64
	hash        []byte
}

// check checks the next entries.
func (v *auditVerifier) check(entries []AuditEntry) error {
	for _, entry := range entries {
		switch {
		case entry.ID != v.last+1:
			return &AuditFault{v.last + 1, "is missing"}
		case !hmac.Equal(entry.link(v.key, v.hash), entry.Hash):
			return v.explain(entry)
		case entry.ID == v.kept.ID && !bytes.Equal(entry.Hash, v.kept.Hash):
			return &AuditFault{entry.ID, "is not the one whose head was kept"}
		}
		v.last, v.hash = entry.ID, entry.Hash
	}
	return nil
}

// explain says what happened to the first entry that is wrong. If a later entry fits in its
// place, the two were swapped.
func (v *auditVerifier) explain(wrong AuditEntry) error {
	var chain auditChain
	if err := v.db.Take(&chain).Error; err != nil {
		return err
	}
	if wrong.ID > chain.LastID {
		return &AuditFault{wrong.ID, "was added behind the end of the chain"}
	}
	var batch []AuditEntry
	var with int64
	err := v.db.Where("id > ?", wrong.ID).FindInBatches(&batch, verifyBatch, func(*gorm.DB, int) error {
		for _, other := range batch {
			at := other.ID
			if other.ID = wrong.ID; hmac.Equal(other.link(v.key, v.hash), other.Hash) {
				with = at
			}
		}
		return nil
	}).Error
	if err == nil && with != 0 {
		return &AuditFault{wrong.ID, fmt.Sprintf("was swapped with entry %d", with)}
	}
	return cmp.Or[error](err, &AuditFault{wrong.ID, "was changed"})
}

// checkEnd checks that no entry is missing at the end. chain was read after the last entry.
func (v *auditVerifier) checkEnd(chain auditChain) error {
	switch {
	case v.last < max(chain.LastID, v.kept.ID):
		return &AuditFault{v.last + 1, "is missing"}
	case v.last != chain.LastID || !bytes.Equal(v.hash, chain.Hash):
		return &AuditFault{v.last, "is not the end that the chain had"}
	}
	return nil
}
