package program

import (
	"fmt"
	"syscall"
)

// openFiles shares out the files that a process may open.
type openFiles struct{ most int }

// countOpenFiles asks the system. Go has raised the soft limit to the hard one
// already.
func countOpenFiles() (openFiles, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return openFiles{}, fmt.Errorf("open files: %w", err)
	}
	return openFiles{int(min(limit.Cur, 1<<20))}, nil
}

// connections is how many may be accepted at a time: a quarter of the files is
// left for the database, NATS and push services.
func (o openFiles) connections() int { return o.most / 4 * 3 }

// livePages is how many of them may be open live pages, so that the others can
// still be read.
func (o openFiles) livePages() int { return o.most / 2 }

// fromOneAddress is how many of them one address may have: the limit that is
// set, but not more than a quarter; 0: any number.
func fromOneAddress(limit, of int) int { return min(limit, max(of/4, 1)) }

// CheckOpenFiles tells whether one process may have this many live pages open.
func CheckOpenFiles(pages int) error {
	files, err := countOpenFiles()
	if err == nil && pages > files.livePages() {
		err = fmt.Errorf("%d pages need %d open files; this system allows %d (see ulimit -Hn)", pages, 2*pages, files.most)
	}
	return err
}
