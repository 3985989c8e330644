package program

import (
	"fmt"
	"syscall"
)

// openFiles divides the files that a process may open.
type openFiles struct{ limit int }

// countOpenFiles returns the system's limit. Go has already raised the soft limit to the
// hard one.
func countOpenFiles() (openFiles, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return openFiles{}, fmt.Errorf("open files: %w", err)
	}
	return openFiles{int(min(limit.Cur, 1<<20))}, nil
}

// connections returns the maximum number of accepted connections. A quarter of the files
// is left for the database, NATS and push services.
func (o openFiles) connections() int { return o.limit / 4 * 3 }

// livePages returns the maximum number of open live pages, so that connections are left
// for other requests.
func (o openFiles) livePages() int { return o.limit / 2 }

// fromOneAddress returns how many of total one address may have: limit, but at most a
// quarter of total; 0: no limit.
func fromOneAddress(limit, total int) int { return min(limit, max(total/4, 1)) }

// CheckOpenFiles returns an error if one process cannot have this many live pages open.
func CheckOpenFiles(pages int) error {
	files, err := countOpenFiles()
	if err == nil && pages > files.livePages() {
		err = fmt.Errorf("%d pages need %d open files; this system allows %d (see ulimit -Hn)", pages, 2*pages, files.limit)
	}
	return err
}
