package awstypes

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../../.."

// A component that uses a type which the plugin built from source lacks would work on machines with the official plugin
// only.
func TestEveryUsedTypeIsInThePlugin(t *testing.T) {
	uses, err := Scan(root)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(root, "tools/pulumi-resource-aws/types.txt"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	missing, err := Missing(uses, have)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		t.Error(m)
	}
}

func TestScan(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("main.go", `package main
import "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
func main() { aws.GetRegion(ctx, nil); aws.GetPartitionOutput(ctx, aws.GetPartitionOutputArgs{}); aws.NewProvider(ctx, "aws", nil) }
`)
	write("components/deep/queue.go", `package components
import (
	awssqs "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"example.com/other/sns"
)
func f() {
	awssqs.NewQueue(ctx, "q", &awssqs.QueueArgs{})
	sns.NewTopic(ctx)
	iam.GetPolicyDocument(ctx, &iam.GetPolicyDocumentArgs{Statements: []iam.GetPolicyDocumentStatement{{}}})
	dynamodb.LookupTable(ctx, nil)
	dynamodb.GetTable(ctx, "read", id, nil)
	dynamodb.NewNovelty(ctx, "n", nil)
	ctx.RegisterResource("aws:wafv2/webAclAssociation:WebAclAssociation", "w", nil, nil)
	ctx.RegisterResource("other:a/b:B", "o", nil, nil)
}
`)
	write("components/broken.go", `package components
import "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
func g() { kms.NewKey(ctx, "k", nil) }
func h( {
`)
	write("components/queue_test.go", `package components
import "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
func t() { rds.NewCluster(ctx, "c", nil) }
`)
	uses, err := Scan(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range uses {
		got = append(got, string(u.Kind)+" "+u.Name)
	}
	slices.Sort(got)
	want := []string{
		"function aws.getPartition", "function aws.getRegion", "function dynamodb.getTable", "function iam.getPolicyDocument",
		"resource dynamodb.Novelty", "resource dynamodb.Table", "resource kms.Key", "resource sqs.Queue", "resource wafv2.WebAclAssociation",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}

	table, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	missing, err := Missing(uses, []Type{table["aws.getRegion"], table["aws.getPartition"], table["dynamodb.getTable"],
		table["iam.getPolicyDocument"], table["dynamodb.Table"], table["kms.Key"], table["wafv2.WebAclAssociation"]})
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) != 2 {
		t.Fatalf("%d messages, want 2:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	for k, want := range []string{
		"components/deep/queue.go:14:2: the Terraform name of dynamodb.Novelty is not known",
		"components/deep/queue.go:9:2: resource sqs.Queue is not in the AWS plugin that is built from source: run `cd tools/install && go run . types`",
	} {
		if !strings.HasPrefix(missing[k], want) {
			t.Errorf("message %q, want %q", missing[k], want)
		}
	}
}

func TestListIsReadAsItIsWritten(t *testing.T) {
	table, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	want := []Type{table["aws.getRegion"], table["appsync.GraphQLApi"], table["sqs.Queue"]}
	got, err := Parse(Format(want))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Parse([]byte("resource aws:sqs/queue:Queue aws_sns_topic\n")); err == nil {
		t.Error("a wrong line was accepted")
	}
}

func TestToken(t *testing.T) {
	for name, want := range map[string]string{
		"aws.getRegion": "aws:index/getRegion:getRegion", "appsync.GraphQLApi": "aws:appsync/graphQLApi:GraphQLApi",
		"sqs.Queue": "aws:sqs/queue:Queue", "lambda.Function": "aws:lambda/function:Function",
	} {
		table, err := Table()
		if err != nil {
			t.Fatal(err)
		}
		if got := table[name].Token(); got != want {
			t.Errorf("token of %s is %s, want %s", name, got, want)
		}
	}
}
