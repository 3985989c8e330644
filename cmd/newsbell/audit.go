package main

import (
	"context"
	"errors"
	"fmt"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
)

// auditCommand checks the audit log.
type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Check that no entry of the audit log was changed, removed or swapped."`
}

type auditVerifyCommand struct {
	program.DatabaseSettings
	Head string `help:"A head that the log of a server showed, which must be in the audit log: 57:3f0a…" placeholder:"HEAD"`
}

// Run names the first entry that is not as it was written.
func (a *auditVerifyCommand) Run(ctx context.Context) error {
	var head models.AuditHead
	if a.Head != "" {
		var err error
		if head, err = models.ParseAuditHead(a.Head); err != nil {
			return fmt.Errorf("--head: %w", err)
		}
	}
	return a.With(ctx, func(store *models.Store) error {
		report, err := store.VerifyAudit(ctx, head)
		if fault, ok := errors.AsType[*models.AuditFault](err); ok {
			return fault
		}
		if err != nil {
			return err
		}
		if report.Head.ID == 0 {
			fmt.Println("the audit log has no chain yet: no action was recorded with this release")
			return nil
		}
		fmt.Printf("%d entries are as they were written; %d older ones are not in the chain\n", report.Entries, report.Unchained)
		fmt.Println("head", report.Head)
		return nil
	})
}
