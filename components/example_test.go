package components_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// preview runs a program as `pulumi preview` would and prints what a component consists of. In a real program, pulumi.Run takes
// its place.
func preview(component string, program pulumi.RunFunc) {
	recorded, err := mocks.Run(program, nil)
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	for _, child := range recorded.Children(component) {
		fmt.Println(child)
	}
}

// zipped stands in the examples for the compiler, which is the default.
type zipped struct{}

func (zipped) Build(context.Context, string, string) (string, error) {
	file := filepath.Join(os.TempDir(), "components-example.zip")
	return file, os.WriteFile(file, nil, 0o600)
}

// function is a function where an example is not about it.
func function(ctx *pulumi.Context, name string) *components.Function {
	f, err := components.NewFunction(ctx, name, &components.FunctionArgs{Source: "lambdas/" + name, Builder: zipped{}})
	if err != nil {
		panic(err)
	}
	return f
}

// Everybody who is on call hears of alarms, and one dashboard shows all. Observability comes first and its dashboard last.
func ExampleNewObservability() {
	preview("watch", func(ctx *pulumi.Context) error {
		watch, err := components.NewObservability(ctx, "watch", &components.ObservabilityArgs{
			Emails: []string{"operations@example.com"},
			Budget: &components.Budget{MonthlyUSD: 100},
		})
		if err != nil {
			return err
		}
		orders, err := components.NewWorkQueue(ctx, "orders", &components.WorkQueueArgs{Alarms: watch.Alarms()})
		if err != nil {
			return err
		}
		return watch.NewDashboard(ctx, components.Section{Title: "Orders", Watch: []components.Observable{orders}})
	})
	// Output:
	// aws:budgets/budget:Budget watch
	// aws:cloudwatch/dashboard:Dashboard watch
	// aws:kms/key:Key watch-alarms
	// shop:components:FanOutTopic watch-alarms
}

// A function that may send mails from one address, and no others.
func ExampleNewMailSender() {
	preview("orders-mail", func(ctx *pulumi.Context) error {
		mail, err := components.NewMailSender(ctx, "orders-mail", &components.MailSenderArgs{Address: "orders@shop.example"})
		if err != nil {
			return err
		}
		_, err = components.NewFunction(ctx, "confirm-order", &components.FunctionArgs{
			Source: "lambdas/confirm-order", Grants: []policies.Grant{mail.GrantSend()}, // finds the address in ORDERS_MAIL_SENDER
			Builder: zipped{},
		})
		return err
	})
	// Output:
	// aws:sesv2/configurationSet:ConfigurationSet orders-mail-configuration
	// aws:sesv2/emailIdentity:EmailIdentity orders-mail
}

// A table with an index, and a function that may read one item and query the index: nothing else, and no policy written.
func ExampleNewFunction() {
	preview("list-notes", func(ctx *pulumi.Context) error {
		notes, err := components.NewTable(ctx, "notes", &components.TableArgs{
			PartitionKey: components.String("noteId"),
			Indexes:      components.Indexes{{Name: "by-author", PartitionKey: components.String("author"), SortKey: components.String("createdAt")}},
		})
		if err != nil {
			return err
		}
		_, err = components.NewFunction(ctx, "list-notes", &components.FunctionArgs{
			Source:  "lambdas/list-notes", // finds the table's name in NOTES_TABLE
			Grants:  []policies.Grant{notes.Grant(policies.GetItem), notes.GrantIndexes(policies.Query, "by-author")},
			Timeout: 5 * time.Second,
			Builder: zipped{},
		})
		return err
	})
	// Output:
	// aws:cloudwatch/logGroup:LogGroup list-notes-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm list-notes-duration
	// aws:cloudwatch/metricAlarm:MetricAlarm list-notes-errors
	// aws:cloudwatch/metricAlarm:MetricAlarm list-notes-throttles
	// aws:iam/role:Role list-notes-role
	// aws:iam/rolePolicy:RolePolicy list-notes-policy
	// aws:lambda/function:Function list-notes
}

// Functions that share a store for their code deploy at the same time, and not one after the other.
func ExampleNewFunction_artifacts() {
	preview("list-notes", func(ctx *pulumi.Context) error {
		artifacts, err := components.NewObjectStore(ctx, "artifacts", &components.ObjectStoreArgs{EmptyOnDelete: true})
		if err != nil {
			return err
		}
		for _, name := range []string{"list-notes", "write-note"} {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{
				Source: "lambdas/" + name, Artifacts: artifacts, Builder: zipped{},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// aws:cloudwatch/logGroup:LogGroup list-notes-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm list-notes-duration
	// aws:cloudwatch/metricAlarm:MetricAlarm list-notes-errors
	// aws:cloudwatch/metricAlarm:MetricAlarm list-notes-throttles
	// aws:iam/role:Role list-notes-role
	// aws:iam/rolePolicy:RolePolicy list-notes-policy
	// aws:lambda/function:Function list-notes
	// aws:s3/bucketObjectv2:BucketObjectv2 list-notes-code
}

// A function that is called rarely and is fast all the same: a schedule keeps one instance of it.
func ExampleNewFunction_keepWarm() {
	preview("pay-warm", func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "pay", &components.FunctionArgs{
			Source: "lambdas/pay", KeepWarm: &components.KeepWarm{Every: 4 * time.Minute}, Builder: zipped{},
		})
		return err
	})
	// Output:
	// aws:cloudwatch/metricAlarm:MetricAlarm pay-warm-dlq-not-empty
	// aws:cloudwatch/metricAlarm:MetricAlarm pay-warm-dropped
	// aws:iam/role:Role pay-warm-role
	// aws:iam/rolePolicy:RolePolicy pay-warm-policy
	// aws:scheduler/schedule:Schedule pay-warm
	// aws:scheduler/scheduleGroup:ScheduleGroup pay-warm-group
	// aws:sqs/queue:Queue pay-warm-dlq
	// aws:sqs/queuePolicy:QueuePolicy pay-warm-dlq-policy
}

// A secret that an operator sets, and a function that reads it by its ARN in PROVIDER_SECRET_ARN. The value is in no variable and no state.
func ExampleNewSecret() {
	preview("provider", func(ctx *pulumi.Context) error {
		provider, err := components.NewSecret(ctx, "provider", &components.SecretArgs{
			Description: "The payment provider's API key", SetByOperator: true,
		})
		if err != nil {
			return err
		}
		_, err = components.NewFunction(ctx, "pay", &components.FunctionArgs{
			Source: "lambdas/pay", Grants: []policies.Grant{provider.GrantRead()}, Builder: zipped{},
		})
		return err
	})
	// Output:
	// aws:secretsmanager/secret:Secret provider
}

// Wrong arguments fail during preview, all at once.
func ExampleNewTable() {
	preview("orders", func(ctx *pulumi.Context) error {
		_, err := components.NewTable(ctx, "orders", &components.TableArgs{
			Indexes: components.Indexes{{Name: "by-date", PartitionKey: components.String("date")}, {Name: "by-date"}},
		})
		return err
	})
	// Output:
	// error: 1 error occurred:
	// 	* orders (Table): PartitionKey = "", want an attribute, such as String("orderId")
	// orders (Table): Indexes[1].Name = "by-date", want a name that no other index has
	// orders (Table): Indexes[1].PartitionKey = "", want an attribute
}

// A table for a load that is known, with capacity that grows with it, and with a copy in another region.
func ExampleNewTable_replicas() {
	preview("orders", func(ctx *pulumi.Context) error {
		ireland, err := aws.NewProvider(ctx, "ireland", &aws.ProviderArgs{Region: pulumi.String("eu-west-1")})
		if err != nil {
			return err
		}
		_, err = components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey: components.String("orderId"),
			Stream:       components.NewAndOldImages,
			Provisioned: &components.ProvisionedThroughput{
				Read:  components.Throughput{Minimum: 50}, // fixed
				Write: components.Throughput{Minimum: 25, Maximum: 1000},
			},
			Replicas: []components.Replica{{Region: "eu-west-1", Provider: ireland}},
		})
		return err
	})
	// Output:
	// aws:appautoscaling/policy:Policy orders-write-scaling
	// aws:appautoscaling/policy:Policy orders-write-scaling-eu-west-1
	// aws:appautoscaling/target:Target orders-write-scaling
	// aws:appautoscaling/target:Target orders-write-scaling-eu-west-1
	// aws:dynamodb/table:Table orders
	// aws:dynamodb/tableReplica:TableReplica orders-eu-west-1
}

// A function that hears of every new order in a table.
func ExampleTable_OnChange() {
	preview("welcome", func(ctx *pulumi.Context) error {
		orders, err := components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey: components.String("orderId"),
			Stream:       components.NewAndOldImages,
		})
		if err != nil {
			return err
		}
		return orders.OnChange(ctx, "placed", function(ctx, "welcome"), &components.ChangeArgs{
			Filters: []components.ChangeFilter{{Kinds: []components.ChangeKind{components.Inserted}}},
		})
	})
	// Output:
	// aws:cloudwatch/logGroup:LogGroup welcome-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm welcome-duration
	// aws:cloudwatch/metricAlarm:MetricAlarm welcome-errors
	// aws:cloudwatch/metricAlarm:MetricAlarm welcome-throttles
	// aws:iam/role:Role welcome-role
	// aws:iam/rolePolicy:RolePolicy welcome-policy
	// aws:lambda/function:Function welcome
}

// An API with a route for everybody and one for signed-in users.
func ExampleNewServerlessApi() {
	preview("notes", func(ctx *pulumi.Context) error {
		accounts, err := components.NewCognitoAuth(ctx, "accounts", nil)
		if err != nil {
			return err
		}
		_, err = components.NewServerlessApi(ctx, "notes", &components.ServerlessApiArgs{
			Auth: accounts,
			Routes: components.Routes{
				{Method: "GET", Path: "/notes", Function: function(ctx, "list-notes"), Auth: components.AuthNone, CacheTTL: time.Minute},
				{Method: "POST", Path: "/notes", Function: function(ctx, "write-note")},
			},
		})
		return err
	})
	// Output:
	// aws:apigatewayv2/api:Api notes
	// aws:apigatewayv2/authorizer:Authorizer notes-jwt
	// aws:apigatewayv2/integration:Integration notes-list-notes
	// aws:apigatewayv2/integration:Integration notes-write-note
	// aws:apigatewayv2/route:Route notes-get-notes
	// aws:apigatewayv2/route:Route notes-post-notes
	// aws:apigatewayv2/stage:Stage notes
	// aws:cloudwatch/logGroup:LogGroup notes-access-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm notes-server-errors
	// aws:lambda/permission:Permission notes-get-notes
	// aws:lambda/permission:Permission notes-post-notes
}

// Sign-up and sign-in for two groups, with a second factor for everybody.
func ExampleNewCognitoAuth() {
	preview("accounts", func(ctx *pulumi.Context) error {
		_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
			Groups: []string{"customer", "admin"},
			MFA:    components.MFARequired,
		})
		return err
	})
	// Output:
	// aws:cognito/userGroup:UserGroup accounts-admin
	// aws:cognito/userGroup:UserGroup accounts-customer
	// aws:cognito/userPool:UserPool accounts
	// aws:cognito/userPoolClient:UserPoolClient accounts-client
}

// A trigger that puts every new user into a group. It exists before the pool, so what it may do there comes afterwards.
func ExampleCognitoAuth_AllowTrigger() {
	preview("accounts", func(ctx *pulumi.Context) error {
		welcome, err := components.NewFunction(ctx, "welcome", &components.FunctionArgs{
			Source:  "lambdas/welcome", // finds the pool's id in its events
			Timeout: components.TriggerTimeout,
			Builder: zipped{},
		})
		if err != nil {
			return err
		}
		accounts, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
			Groups:   []string{"customer"},
			Triggers: components.Triggers{PostConfirmation: welcome},
		})
		if err != nil {
			return err
		}
		return accounts.AllowTrigger(ctx, welcome, policies.AdminAddUserToGroup)
	})
	// Output:
	// aws:cognito/userGroup:UserGroup accounts-customer
	// aws:cognito/userPool:UserPool accounts
	// aws:cognito/userPoolClient:UserPoolClient accounts-client
	// aws:iam/rolePolicy:RolePolicy welcome-accounts-policy
	// aws:lambda/permission:Permission accounts-welcome
}

// Sign-in with a Google account, and a partner's program that may read orders without a user.
func ExampleNewCognitoAuth_providersAndMachines() {
	preview("accounts", func(ctx *pulumi.Context) error {
		_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
			Domain:       pulumi.String("nordlicht"),
			CallbackURLs: []string{"https://shop.example.com/"},
			Google: &components.SocialProvider{
				ClientID:        pulumi.String("1234567890-shop.apps.googleusercontent.com"),
				ClientSecretARN: pulumi.String("arn:aws:secretsmanager:eu-central-1:123456789012:secret:google-AbCdEf"),
			},
			ResourceServers: []components.ResourceServer{{Name: "orders", Scopes: []components.Scope{{Name: "read", Description: "See orders"}}}},
			MachineClients:  []components.MachineClient{{Name: "warehouse", Scopes: []string{"orders/read"}}},
		})
		return err
	})
	// Output:
	// aws:cognito/identityProvider:IdentityProvider accounts-google
	// aws:cognito/resourceServer:ResourceServer accounts-orders
	// aws:cognito/userPool:UserPool accounts
	// aws:cognito/userPoolClient:UserPoolClient accounts-client
	// aws:cognito/userPoolClient:UserPoolClient accounts-warehouse
	// aws:cognito/userPoolDomain:UserPoolDomain accounts-domain
}

// Users who keep files in folders of their own, straight from the browser.
func ExampleNewIdentityPool() {
	preview("people", func(ctx *pulumi.Context) error {
		accounts, err := components.NewCognitoAuth(ctx, "accounts", nil)
		if err != nil {
			return err
		}
		files, err := components.NewObjectStore(ctx, "files", nil)
		if err != nil {
			return err
		}
		_, err = components.NewIdentityPool(ctx, "people", &components.IdentityPoolArgs{
			Auth:   accounts,
			Grants: []policies.Grant{files.GrantOwnPrefix("users/", policies.GetObject, policies.PutObject, policies.ListBucket)},
		})
		return err
	})
	// Output:
	// aws:cognito/identityPool:IdentityPool people
	// aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment people-roles
	// aws:iam/role:Role people-user-role
	// aws:iam/rolePolicy:RolePolicy people-user-policy
}

// A private bucket whose deleted objects can be brought back for a year.
func ExampleNewObjectStore() {
	preview("archive", func(ctx *pulumi.Context) error {
		_, err := components.NewObjectStore(ctx, "archive", &components.ObjectStoreArgs{OldVersionDays: 365})
		return err
	})
	// Output:
	// aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 archive-lifecycle
	// aws:s3/bucketOwnershipControls:BucketOwnershipControls archive-ownership
	// aws:s3/bucketPolicy:BucketPolicy archive-policy
	// aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock archive-public-access
	// aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 archive-encryption
	// aws:s3/bucketV2:BucketV2 archive
	// aws:s3/bucketVersioningV2:BucketVersioningV2 archive-versioning
}

// A site under a name of its own, behind a web ACL, with a log of all requests. Certificate and web ACL are in us-east-1.
func ExampleNewStaticSite_domain() {
	dir, err := os.MkdirTemp("", "site")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<!doctype html>"), 0o600); err != nil {
		panic(err)
	}
	preview("web", func(ctx *pulumi.Context) error {
		_, err := components.NewStaticSite(ctx, "web", &components.StaticSiteArgs{
			Content: dir,
			Domain: &components.SiteDomain{
				Names:          []string{"shop.example.com"},
				CertificateARN: pulumi.String("arn:aws:acm:us-east-1:123456789012:certificate/6f7d2c1e"),
				HostedZoneID:   pulumi.String("Z0123456789"),
			},
			WebACLARN:  pulumi.String("arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/6f7d2c1e"),
			AccessLogs: &components.AccessLogs{Days: 30},
		})
		return err
	})
	// Output:
	// aws:cloudfront/distribution:Distribution web
	// aws:cloudfront/function:Function web-spa-fallback
	// aws:cloudfront/originAccessControl:OriginAccessControl web-access
	// aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy web-headers
	// aws:route53/record:Record web-shop.example.com-A
	// aws:route53/record:Record web-shop.example.com-AAAA
	// aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 web-lifecycle
	// aws:s3/bucketObjectv2:BucketObjectv2 web/index.html
	// aws:s3/bucketOwnershipControls:BucketOwnershipControls web-ownership
	// aws:s3/bucketPolicy:BucketPolicy web-policy
	// aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock web-public-access
	// aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 web-encryption
	// aws:s3/bucketV2:BucketV2 web
	// aws:s3/bucketVersioningV2:BucketVersioningV2 web-versioning
	// shop:components:ObjectStore web
	// shop:components:ObjectStore web-logs
}

// A single-page application behind CloudFront.
func ExampleNewStaticSite() {
	dir, err := os.MkdirTemp("", "site")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<!doctype html>"), 0o600); err != nil {
		panic(err)
	}
	preview("web", func(ctx *pulumi.Context) error {
		_, err := components.NewStaticSite(ctx, "web", &components.StaticSiteArgs{Content: dir})
		return err
	})
	// Output:
	// aws:cloudfront/distribution:Distribution web
	// aws:cloudfront/function:Function web-spa-fallback
	// aws:cloudfront/originAccessControl:OriginAccessControl web-access
	// aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy web-headers
	// aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 web-lifecycle
	// aws:s3/bucketObjectv2:BucketObjectv2 web/index.html
	// aws:s3/bucketOwnershipControls:BucketOwnershipControls web-ownership
	// aws:s3/bucketPolicy:BucketPolicy web-policy
	// aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock web-public-access
	// aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 web-encryption
	// aws:s3/bucketV2:BucketV2 web
	// aws:s3/bucketVersioningV2:BucketVersioningV2 web-versioning
	// shop:components:ObjectStore web
}

// A queue, its consumer and its dead-letter queue.
func ExampleNewWorkQueue() {
	preview("thumbnails", func(ctx *pulumi.Context) error {
		_, err := components.NewWorkQueue(ctx, "thumbnails", &components.WorkQueueArgs{
			Consumer:    function(ctx, "make-thumbnail"),
			MaxReceives: 3,
		})
		return err
	})
	// Output:
	// aws:cloudwatch/metricAlarm:MetricAlarm thumbnails-dlq-not-empty
	// aws:iam/rolePolicy:RolePolicy make-thumbnail-thumbnails
	// aws:lambda/eventSourceMapping:EventSourceMapping thumbnails-consumer
	// aws:sqs/queue:Queue thumbnails
	// aws:sqs/queue:Queue thumbnails-dlq
	// aws:sqs/queuePolicy:QueuePolicy thumbnails-dlq-policy
	// aws:sqs/queuePolicy:QueuePolicy thumbnails-policy
	// aws:sqs/redriveAllowPolicy:RedriveAllowPolicy thumbnails-dlq-redrive
}

// One "order placed" message, two consumers, each with its own queue, speed and dead-letter queue.
func ExampleFanOutTopic_SubscribeQueue() {
	preview("orders", func(ctx *pulumi.Context) error {
		orders, err := components.NewFanOutTopic(ctx, "orders", nil)
		if err != nil {
			return err
		}
		for _, consumer := range []string{"send-mail", "count-sales"} {
			if _, err := orders.SubscribeQueue(ctx, consumer, function(ctx, consumer), nil); err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// aws:sns/topic:Topic orders
	// aws:sns/topicPolicy:TopicPolicy orders-policy
	// aws:sns/topicSubscription:TopicSubscription orders-count-sales
	// aws:sns/topicSubscription:TopicSubscription orders-send-mail
	// shop:components:WorkQueue orders-count-sales
	// shop:components:WorkQueue orders-send-mail
}

// Orders over 100 get special attention.
func ExampleEventBus_Rule() {
	preview("shop", func(ctx *pulumi.Context) error {
		bus, err := components.NewEventBus(ctx, "shop", nil)
		if err != nil {
			return err
		}
		return bus.Rule(ctx, "high-value", &components.RuleArgs{
			Pattern: components.EventPattern{
				Source:     components.Exact("shop.orders"),
				DetailType: components.Exact("Order Created"),
				Detail:     components.Fields{"total": components.Numeric(">", 100)},
			},
			Targets: []components.Target{{Name: "attend", Function: function(ctx, "attend-order")}},
		})
	})
	// Output:
	// aws:cloudwatch/eventArchive:EventArchive shop-archive
	// aws:cloudwatch/eventBus:EventBus shop
	// aws:cloudwatch/eventRule:EventRule shop-high-value
	// aws:cloudwatch/eventTarget:EventTarget shop-high-value-attend
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-high-value-dlq-not-empty
	// aws:lambda/permission:Permission shop-high-value-attend
	// aws:sqs/queue:Queue shop-high-value-dlq
	// aws:sqs/queuePolicy:QueuePolicy shop-high-value-dlq-policy
}

// A stream of clicks, worked through in batches.
func ExampleEventStream_OnRecord() {
	preview("clicks", func(ctx *pulumi.Context) error {
		clicks, err := components.NewEventStream(ctx, "clicks", nil)
		if err != nil {
			return err
		}
		return clicks.OnRecord(ctx, "count", function(ctx, "count-clicks"), nil)
	})
	// Output:
	// aws:cloudwatch/metricAlarm:MetricAlarm clicks-count-dlq-not-empty
	// aws:iam/rolePolicy:RolePolicy count-clicks-clicks-count
	// aws:kinesis/stream:Stream clicks
	// aws:lambda/eventSourceMapping:EventSourceMapping clicks-count
	// aws:sqs/queue:Queue clicks-count-dlq
	// aws:sqs/queuePolicy:QueuePolicy clicks-count-dlq-policy
}

// A report every morning at nine, Berlin time.
func ExampleNewScheduledJob() {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		report, err := components.NewScheduledJob(ctx, "daily-report", &components.ScheduledJobArgs{
			Expression: "cron(0 9 * * ? *)",
			TimeZone:   "Europe/Berlin",
			Target:     function(ctx, "send-report"),
			Now:        time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return err
		}
		for _, run := range report.NextRuns[:3] {
			fmt.Println(run)
		}
		return nil
	}, nil)
	if err != nil {
		fmt.Println("error:", err)
	}
	// Output:
	// 2026-03-28 09:00:00 +0100 CET
	// 2026-03-29 09:00:00 +0200 CEST
	// 2026-03-30 09:00:00 +0200 CEST
}

// A workflow from an Amazon States Language file. Its role may do exactly what its tasks do.
func ExampleNewWorkflow() {
	preview("order", func(ctx *pulumi.Context) error {
		_, err := components.NewWorkflow(ctx, "order", &components.WorkflowArgs{
			DefinitionFile: "testdata/order.asl.json",
			Substitutions:  components.Substitutions{"ChargePayment": function(ctx, "charge-payment")},
		})
		return err
	})
	// Output:
	// aws:cloudwatch/logGroup:LogGroup order-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm order-failed
	// aws:cloudwatch/metricAlarm:MetricAlarm order-throttled
	// aws:cloudwatch/metricAlarm:MetricAlarm order-timed-out
	// aws:iam/role:Role order-role
	// aws:iam/rolePolicy:RolePolicy order-policy
	// aws:sfn/stateMachine:StateMachine order
}

// A database that pauses when idle, in a network without a way to the Internet, and a function that signs in to it by IAM.
func ExampleNewAuroraServerless() {
	preview("reports", func(ctx *pulumi.Context) error {
		private, err := components.NewNetwork(ctx, "private", nil)
		if err != nil {
			return err
		}
		reports, err := components.NewAuroraServerless(ctx, "reports", &components.AuroraServerlessArgs{Network: private, MaxCapacity: 8})
		if err != nil {
			return err
		}
		sales, err := components.NewFunction(ctx, "sales", &components.FunctionArgs{
			Source:  "lambdas/sales", // finds the database in REPORTS_HOST, REPORTS_PORT, REPORTS_DATABASE and REPORTS_USER
			Network: private,
			Grants:  []policies.Grant{reports.GrantConnect("reader")},
			Builder: zipped{},
		})
		if err != nil {
			return err
		}
		return reports.AllowFrom(ctx, sales)
	})
	// Output:
	// aws:cloudwatch/logGroup:LogGroup reports-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm reports-capacity
	// aws:ec2/securityGroup:SecurityGroup reports-database
	// aws:iam/role:Role reports-monitoring-role
	// aws:iam/rolePolicy:RolePolicy reports-monitoring-policy
	// aws:rds/cluster:Cluster reports
	// aws:rds/clusterInstance:ClusterInstance reports-writer
	// aws:rds/clusterParameterGroup:ClusterParameterGroup reports-parameters
	// aws:rds/subnetGroup:SubnetGroup reports-subnets
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule reports-from-sales-out
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule reports-from-sales
}

// A network in two availability zones that reaches S3, DynamoDB and Secrets Manager without the Internet.
func ExampleNewNetwork() {
	preview("private", func(ctx *pulumi.Context) error {
		_, err := components.NewNetwork(ctx, "private", &components.NetworkArgs{
			InterfaceEndpoints: []string{"secretsmanager"},
			DisableFlowLogs:    true,
		})
		return err
	})
	// Output:
	// aws:ec2/defaultSecurityGroup:DefaultSecurityGroup private-default
	// aws:ec2/routeTable:RouteTable private-private-1-routes
	// aws:ec2/routeTable:RouteTable private-private-2-routes
	// aws:ec2/routeTableAssociation:RouteTableAssociation private-private-1-association
	// aws:ec2/routeTableAssociation:RouteTableAssociation private-private-2-association
	// aws:ec2/securityGroup:SecurityGroup private-endpoints
	// aws:ec2/subnet:Subnet private-private-1
	// aws:ec2/subnet:Subnet private-private-2
	// aws:ec2/vpc:Vpc private
	// aws:ec2/vpcEndpoint:VpcEndpoint private-dynamodb
	// aws:ec2/vpcEndpoint:VpcEndpoint private-s3
	// aws:ec2/vpcEndpoint:VpcEndpoint private-secretsmanager
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule private-endpoints-https
}

// An export that takes hours, every night: a container on Fargate, started by a schedule that may start nothing else.
func ExampleNewContainerJob() {
	preview("export", func(ctx *pulumi.Context) error {
		private, err := components.NewNetwork(ctx, "private", &components.NetworkArgs{
			InterfaceEndpoints: []string{"ecr.api", "ecr.dkr", "logs"},
		})
		if err != nil {
			return err
		}
		export, err := components.NewContainerJob(ctx, "export", &components.ContainerJobArgs{
			Image:      pulumi.String("123456789012.dkr.ecr.eu-central-1.amazonaws.com/export:1.4.2"),
			Repository: pulumi.String("arn:aws:ecr:eu-central-1:123456789012:repository/export"),
			Network:    private,
			CPU:        1024,
			Memory:     4096,
		})
		if err != nil {
			return err
		}
		_, err = components.NewScheduledJob(ctx, "nightly-export", &components.ScheduledJobArgs{Expression: "cron(0 2 * * ? *)", Target: export})
		return err
	})
	// Output:
	// aws:cloudwatch/eventRule:EventRule export-failed
	// aws:cloudwatch/eventTarget:EventTarget export-failed-target
	// aws:cloudwatch/logGroup:LogGroup export-logs
	// aws:cloudwatch/metricAlarm:MetricAlarm export-dlq-not-empty
	// aws:ec2/securityGroup:SecurityGroup export-network
	// aws:ecs/cluster:Cluster export
	// aws:ecs/taskDefinition:TaskDefinition export
	// aws:iam/role:Role export-execution-role
	// aws:iam/role:Role export-role
	// aws:iam/rolePolicy:RolePolicy export-execution-policy
	// aws:sqs/queue:Queue export-dlq
	// aws:sqs/queuePolicy:QueuePolicy export-dlq-policy
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule export-network-to-dynamodb
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule export-network-to-network
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule export-network-to-s3
}
