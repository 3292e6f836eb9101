// Command pulumi-resource-aws is the AWS provider plugin reduced to the types that this project uses.
//
// It is the Terraform AWS provider behind the Pulumi bridge, like the official plugin of the same version, and speaks
// the same tokens and property names; see docs/decisions/0001-toolchain.md for what it is for and what it lacks.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// schemaFile lies beside the executable. It is written by the build, with `-write-schema`, because computing it takes a
// second and the plugin is started by every pulumi command; embedding it would mean linking 100 MB twice.
const schemaFile = "schema.json"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	info, err := provider(ctx)
	if err != nil {
		return err
	}
	if len(os.Args) == 3 && os.Args[1] == "-write-schema" {
		b, err := schemaOf(info)
		if err != nil {
			return err
		}
		return os.WriteFile(os.Args[2], b, 0o644)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	schema, err := os.ReadFile(filepath.Join(filepath.Dir(exe), schemaFile))
	if err != nil { // a lone binary works too, it only starts more slowly
		if schema, err = schemaOf(info); err != nil {
			return err
		}
	}
	pftfbridge.MainWithMuxer(ctx, "aws", info, schema)
	return nil
}

func schemaOf(info tfbridge.ProviderInfo) ([]byte, error) {
	res, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    info,
		DiagnosticsSink: diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true, // the upstream documentation is not part of the reduced source
	})
	if err != nil {
		return nil, fmt.Errorf("generating the Pulumi schema: %w", err)
	}
	return json.Marshal(res.PackageSpec)
}
