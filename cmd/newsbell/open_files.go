package main

import (
	"fmt"
	"syscall"
)

// maxLivePages is how many live pages may be open in one process: a quarter of
// the files that it may open is left for everything else. Go has raised the
// soft limit to the hard one already.
func maxLivePages() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("open files: %w", err)
	}
	return int(min(limit.Cur, 1<<20) / 4 * 3), nil
}

// checkOpenFiles tells whether one process may have so many live pages open.
func checkOpenFiles(pages int) error {
	most, err := maxLivePages()
	if err == nil && pages > most {
		err = fmt.Errorf("%d pages need %d open files; this system allows %d (see ulimit -Hn)", pages, (pages+2)/3*4, most/3*4)
	}
	return err
}
