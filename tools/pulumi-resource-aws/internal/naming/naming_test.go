package naming

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func name(t *testing.T, s *tfbridge.SchemaInfo, logical string, inputs resource.PropertyMap) string {
	t.Helper()
	n, err := s.Default.ComputeDefault(context.Background(), tfbridge.ComputeDefaultOptions{
		URN: resource.URN("urn:pulumi:test::shop::aws:sqs/queue:Queue::" + logical), Properties: inputs, Seed: []byte("seed of this deployment, 32 bytes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return n.(string)
}

func TestFIFOName(t *testing.T) {
	fifo := resource.PropertyMap{"fifoQueue": resource.NewBoolProperty(true)}
	for _, c := range []struct {
		about   string
		logical string
		inputs  resource.PropertyMap
		want    string
	}{
		{"a standard queue", "orders", nil, `^orders-[0-9a-f]{7}$`},
		{"explicitly standard", "orders", resource.PropertyMap{"fifoQueue": resource.NewBoolProperty(false)}, `^orders-[0-9a-f]{7}$`},
		{"a FIFO queue", "orders", fifo, `^orders-[0-9a-f]{7}\.fifo$`},
		{"the longest FIFO queue", strings.Repeat("o", 67), fifo, `^o{67}-[0-9a-f]{7}\.fifo$`},
	} {
		t.Run(c.about, func(t *testing.T) {
			got := name(t, fifoName("fifoQueue", 80), c.logical, c.inputs)
			if !regexp.MustCompile(c.want).MatchString(got) || len(got) > 80 {
				t.Errorf("%q (%d characters), want %s", got, len(got), c.want)
			}
		})
	}
}

func TestFIFOName_TooLong(t *testing.T) {
	_, err := fifoName("fifoQueue", 80).Default.ComputeDefault(context.Background(), tfbridge.ComputeDefaultOptions{
		URN:        resource.URN("urn:pulumi:test::shop::aws:sqs/queue:Queue::" + strings.Repeat("o", 68)),
		Properties: resource.PropertyMap{"fifoQueue": resource.NewBoolProperty(true)},
	})
	if err == nil {
		t.Error("a name of 81 characters was made")
	}
}

func TestLimitsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range named {
		if seen[n.terraform] {
			t.Errorf("%s is listed twice", n.terraform)
		}
		seen[n.terraform] = true
		if n.max > maxName {
			t.Errorf("%s: %d is more than the default", n.terraform, n.max)
		}
	}
}
