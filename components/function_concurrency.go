package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// liveAlias is the alias under which callers reach a function with provisioned concurrency.
const liveAlias = "live"

// defaultUtilization leaves room for a burst while more instances start.
const defaultUtilization = 0.7

// ProvisionedConcurrency keeps instances of a function initialised, so that no caller waits for a cold start. They are paid
// for whether they are used or not.
type ProvisionedConcurrency struct {
	// Minimum is how many instances are always ready: at least 1. Required.
	Minimum int
	// Maximum is up to how many instances are kept ready when many are used. Default: Minimum, which never scales.
	Maximum int
	// Utilization is the part of the ready instances in use above which more are made ready: 0.1–0.9. Default 0.7.
	Utilization float64
}

// newAlias publishes each version of the function as the alias live and keeps instances of it ready. Callers use
// the alias, since provisioned concurrency belongs to a version.
func (f *Function) newAlias(ctx *pulumi.Context, function *lambda.Function, p *ProvisionedConcurrency) error {
	name := f.logicalName
	alias, err := lambda.NewAlias(ctx, name+"-"+liveAlias, &lambda.AliasArgs{
		Name: pulumi.String(liveAlias), FunctionName: function.Name, FunctionVersion: function.Version,
		Description: pulumi.String("The version that callers reach"),
	}, pulumi.Parent(f))
	if err != nil {
		return err
	}
	f.alias, f.ARN, f.InvokeARN = alias, alias.Arn, alias.InvokeArn
	options := []pulumi.ResourceOption{pulumi.Parent(f)}
	if p.scales() {
		// The scaling policy owns the number from now on.
		options = append(options, pulumi.IgnoreChanges([]string{"provisionedConcurrentExecutions"}))
	}
	provisioned, err := lambda.NewProvisionedConcurrencyConfig(ctx, name+"-provisioned", &lambda.ProvisionedConcurrencyConfigArgs{
		FunctionName: function.Name, Qualifier: alias.Name, ProvisionedConcurrentExecutions: pulumi.Int(p.Minimum),
	}, options...)
	if err != nil || !p.scales() {
		return err
	}
	target, err := appautoscaling.NewTarget(ctx, name+"-scaling", &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("lambda"),
		ScalableDimension: pulumi.String("lambda:function:ProvisionedConcurrency"),
		ResourceId:        pulumi.Sprintf("function:%s:%s", function.Name, alias.Name),
		MinCapacity:       pulumi.Int(p.Minimum),
		MaxCapacity:       pulumi.Int(p.Maximum),
	}, pulumi.Parent(f), pulumi.DependsOn([]pulumi.Resource{provisioned}))
	if err != nil {
		return err
	}
	_, err = appautoscaling.NewPolicy(ctx, name+"-scaling", &appautoscaling.PolicyArgs{
		PolicyType:        pulumi.String("TargetTrackingScaling"),
		ServiceNamespace:  target.ServiceNamespace,
		ScalableDimension: target.ScalableDimension,
		ResourceId:        target.ResourceId,
		TargetTrackingScalingPolicyConfiguration: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
			TargetValue: pulumi.Float64(or(p.Utilization, defaultUtilization)),
			PredefinedMetricSpecification: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String("LambdaProvisionedConcurrencyUtilization"),
			},
		},
	}, pulumi.Parent(f))
	return err
}

func (p *ProvisionedConcurrency) scales() bool {
	return p.Maximum > p.Minimum
}

func (p *ProvisionedConcurrency) validate(problems *problems) {
	if p == nil {
		return
	}
	problems.want(p.Minimum >= 1, "Provisioned.Minimum", p.Minimum, "at least 1 instance")
	problems.want(p.Maximum == 0 || p.Maximum >= p.Minimum, "Provisioned.Maximum", p.Maximum, "at least Minimum")
	problems.want(p.Utilization == 0 || p.Utilization >= 0.1 && p.Utilization <= 0.9, "Provisioned.Utilization", p.Utilization, "0.1–0.9")
}
