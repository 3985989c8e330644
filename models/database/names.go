package database

import (
	"sync"

	"gorm.io/gorm/schema"
)

// names are GORM's own names. Making a plural takes dozens of regular expressions: each is
// made once in a process, not once for each database that is opened.
var names = &rememberedNames{}

type rememberedNames struct {
	schema.NamingStrategy
	tables sync.Map
}

// TableName implements [schema.Namer].
func (n *rememberedNames) TableName(model string) string {
	if name, ok := n.tables.Load(model); ok {
		return name.(string)
	}
	name := n.NamingStrategy.TableName(model)
	n.tables.Store(model, name)
	return name
}
