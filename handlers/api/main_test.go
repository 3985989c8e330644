package api_test

import (
	"testing"

	"newsbell/models/modelstest"
)

func TestMain(m *testing.M) { modelstest.Main(m) }
