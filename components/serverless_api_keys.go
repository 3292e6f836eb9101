package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// APIClient is a program of somebody else's that calls an API with a key of its own.
type APIClient struct {
	// Name tells the clients apart: lower-case words joined by hyphens. Required.
	Name string
	// Key is the API key itself, 20–128 characters, for a client that has one already; keep it in a secret. Default: API
	// Gateway makes one.
	Key pulumi.StringInput
	// Throttle limits the client's requests to all routes together. Default [DefaultThrottle].
	Throttle *Throttle
	// Quota limits the client's requests over a longer time. Default: none.
	Quota *Quota
}

// Quota is how many requests a client may make in a period. AWS counts them with best effort.
type Quota struct {
	// Requests in the period: at least 1. Required.
	Requests int
	// Period begins at midnight UTC, on Sundays or on the first of the month. Default [QuotaMonth].
	Period QuotaPeriod
}

// QuotaPeriod is the time over which a quota counts.
type QuotaPeriod string

// The periods of quotas.
const (
	QuotaDay   QuotaPeriod = "DAY"
	QuotaWeek  QuotaPeriod = "WEEK"
	QuotaMonth QuotaPeriod = "MONTH"
)

// Limits of API keys (CreateApiKey in API Gateway's API reference).
const (
	minAPIKey = 20
	maxAPIKey = 128
)

// newClients gives every client a key and a usage plan of its own, so that none uses up what belongs to another.
func (a *ServerlessApi) newClients(ctx *pulumi.Context, name string, clients []APIClient) error {
	keys := pulumi.StringMap{}
	for _, c := range clients {
		logicalName := name + "-" + c.Name
		throttle := c.throttle()
		planArgs := &apigateway.UsagePlanArgs{
			Description: pulumi.String("What the client " + c.Name + " may call, and how often"),
			ApiStages:   apigateway.UsagePlanApiStageArray{&apigateway.UsagePlanApiStageArgs{ApiId: a.ID, Stage: a.StageName}},
			ThrottleSettings: &apigateway.UsagePlanThrottleSettingsArgs{
				RateLimit: pulumi.Float64(throttle.Rate), BurstLimit: pulumi.Int(throttle.Burst),
			},
		}
		if c.Quota != nil {
			planArgs.QuotaSettings = &apigateway.UsagePlanQuotaSettingsArgs{
				Limit: pulumi.Int(c.Quota.Requests), Period: pulumi.String(string(or(c.Quota.Period, QuotaMonth))),
			}
		}
		plan, err := apigateway.NewUsagePlan(ctx, logicalName, planArgs, pulumi.Parent(a))
		if err != nil {
			return err
		}
		keyArgs := &apigateway.ApiKeyArgs{Description: pulumi.String("The key of the client " + c.Name)}
		if c.Key != nil {
			keyArgs.Value = pulumi.ToSecret(c.checkedKey(name)).(pulumi.StringOutput)
		}
		key, err := apigateway.NewApiKey(ctx, logicalName, keyArgs, pulumi.Parent(a))
		if err != nil {
			return err
		}
		_, err = apigateway.NewUsagePlanKey(ctx, logicalName, &apigateway.UsagePlanKeyArgs{
			UsagePlanId: plan.ID(), KeyId: key.ID(), KeyType: pulumi.String("API_KEY"),
		}, pulumi.Parent(a))
		if err != nil {
			return err
		}
		keys[c.Name] = key.Value
	}
	a.ClientKeys = pulumi.ToSecret(keys).(pulumi.StringMapOutput)
	return nil
}

func (c APIClient) throttle() Throttle {
	if c.Throttle != nil {
		return *c.Throttle
	}
	return DefaultThrottle
}

// checkedKey is the key, unless it has a length that API Gateway refuses; the AWS provider would print it with its refusal.
func (c APIClient) checkedKey(api string) pulumi.StringOutput {
	return c.Key.ToStringOutput().ApplyT(func(key string) (string, error) {
		p := &problems{component: "ServerlessApi", name: api}
		p.want(len(key) >= minAPIKey && len(key) <= maxAPIKey, "length of client "+c.Name+" Key", len(key), "20–128 characters")
		return key, p.err()
	}).(pulumi.StringOutput)
}

func (c APIClient) validate(p *problems) {
	field := "client " + c.Name
	p.want(componentName.MatchString(c.Name), "Clients", c.Name, "names of lower-case words joined by hyphens, such as price-robot")
	p.throttle(field+" Throttle", c.Throttle)
	if c.Quota != nil {
		p.want(c.Quota.Requests >= 1, field+" Quota.Requests", c.Quota.Requests, "at least 1 request")
		switch c.Quota.Period {
		case "", QuotaDay, QuotaWeek, QuotaMonth:
		default:
			p.want(false, field+" Quota.Period", string(c.Quota.Period), "QuotaDay, QuotaWeek or QuotaMonth")
		}
	}
}
