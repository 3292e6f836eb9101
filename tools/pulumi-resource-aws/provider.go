package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-aws/xpprovider"
	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/x/muxer"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/metadata"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/serverless-shop/serverless-shop/tools/pulumi-resource-aws/internal/naming"
)

// version is that of the Go SDK which the project uses; the engine matches plugins by it.
const version = "6.83.2"

// typeList holds one line "<kind> <Pulumi token> <Terraform type>" per resource and function. It is generated from the
// project's Go source by `go run . types` in tools/install.
//
//go:embed types.txt
var typeList string

// provider describes the reduced provider to the bridge.
func provider(ctx context.Context) (tfbridge.ProviderInfo, error) {
	framework, sdk, err := xpprovider.GetProvider(ctx)
	if err != nil {
		return tfbridge.ProviderInfo{}, fmt.Errorf("creating the Terraform provider: %w", err)
	}
	info := tfbridge.ProviderInfo{
		P:           pftfbridge.MuxShimWithPF(ctx, shimv2.NewProvider(sdk), framework),
		Name:        "aws",
		Version:     version,
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
		Config: map[string]*tfbridge.SchemaInfo{
			"region":                  {Default: &tfbridge.DefaultInfo{EnvVars: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}}},
			"skip_region_validation":  {Default: &tfbridge.DefaultInfo{Value: true}},
			"skip_metadata_api_check": {Type: "boolean", Default: &tfbridge.DefaultInfo{Value: true}},
		},
		MetadataInfo:                   tfbridge.NewProviderMetadata(nil),
		EnableZeroDefaultSchemaVersion: true,
	}
	for n, line := range strings.Split(typeList, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 3 {
			return info, fmt.Errorf("types.txt:%d: %q: want 3 fields", n+1, line)
		}
		switch f[0] {
		case "resource":
			if _, ok := info.P.ResourcesMap().GetOk(f[2]); !ok {
				return info, fmt.Errorf("types.txt:%d: the provider was built without %s: install the tools again", n+1, f[2])
			}
			info.Resources[f[2]] = &tfbridge.ResourceInfo{Tok: tokens.Type(f[1]), Fields: map[string]*tfbridge.SchemaInfo{}}
		case "function":
			if _, ok := info.P.DataSourcesMap().GetOk(f[2]); !ok {
				return info, fmt.Errorf("types.txt:%d: the provider was built without the data source %s: install the tools again", n+1, f[2])
			}
			info.DataSources[f[2]] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(f[1])}
		default:
			return info, fmt.Errorf("types.txt:%d: unknown kind %q", n+1, f[0])
		}
	}
	applyOverrides(&info, sdk)
	ignoreOthers(&info)
	naming.Apply(&info)

	// Which of the two muxed providers (plugin SDK or plugin framework) answers for which token. The official plugin
	// stores this table when it is generated.
	p, ok := info.P.(interface {
		ResolveDispatch(*tfbridge.ProviderInfo) (muxer.DispatchTable, error)
	})
	if !ok {
		return info, fmt.Errorf("the bridge's muxed provider (%T) cannot resolve its dispatch table", info.P)
	}
	table, err := p.ResolveDispatch(&info)
	if err != nil {
		return info, fmt.Errorf("resolving which provider serves which type: %w", err)
	}
	return info, metadata.Set(info.GetMetadata(), "mux", table)
}

// ignoreOthers tells the bridge that types without a token are left out on purpose.
func ignoreOthers(info *tfbridge.ProviderInfo) {
	info.P.ResourcesMap().Range(func(tf string, _ shim.Resource) bool {
		if info.Resources[tf] == nil {
			info.IgnoreMappings = append(info.IgnoreMappings, tf)
		}
		return true
	})
	info.P.DataSourcesMap().Range(func(tf string, _ shim.Resource) bool {
		if info.DataSources[tf] == nil {
			info.IgnoreMappings = append(info.IgnoreMappings, tf)
		}
		return true
	})
}

// applyOverrides sets the properties whose shape in pulumi-aws differs from what the bridge would choose.
func applyOverrides(info *tfbridge.ProviderInfo, sdk *schema.Provider) {
	for tf, fields := range overrides() {
		if r := info.Resources[tf]; r != nil {
			r.Fields = fields
		}
	}
	for tf, fields := range functionOverrides() {
		if d := info.DataSources[tf]; d != nil {
			d.Fields = fields
		}
	}
	for tf, r := range info.Resources {
		u := sdk.ResourcesMap[tf]
		if u == nil {
			continue
		}
		if u.SchemaMap()["tags_all"] != nil { // pulumi-aws has it as an output only
			r.Fields["tags_all"] = &tfbridge.SchemaInfo{MarkAsComputedOnly: tfbridge.True()}
		}
	}
}
