package components

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Limits and default of pings. Lambda does not promise how long it keeps an idle instance; 5 minutes is what is commonly found to be enough.
const (
	minPingInterval     = time.Minute
	maxPingInterval     = 15 * time.Minute
	defaultPingInterval = 5 * time.Minute
)

// keepWarmPing is what the function receives, and package handler answers by itself: handler.KeepWarmPing is the same.
var keepWarmPing = map[string]string{"keepWarm": "ping"}

// KeepWarm makes EventBridge Scheduler call a function now and then with a ping that package handler answers at once, without running the
// function's own code, so that an idle function keeps one instance. It helps a function that is called rarely and must then be fast, and
// costs about a cent a month. It does not help the second of two callers at once, nor after a deployment: [ProvisionedConcurrency] does.
// Code that does not use package handler must answer {"keepWarm":"ping"} itself.
type KeepWarm struct {
	// Every is the time between two pings: 1 min–15 min, whole minutes. Default 5 min.
	Every time.Duration
}

// keepWarm creates the schedule, with a role that may call this function and nothing else. A ping that comes late is of no use, so it is not
// tried again.
func (f *Function) keepWarm(ctx *pulumi.Context, args *FunctionArgs) error {
	minutes := int(or(args.KeepWarm.Every, defaultPingInterval).Minutes())
	unit := "minutes"
	if minutes == 1 {
		unit = "minute"
	}
	_, err := NewScheduledJob(ctx, f.logicalName+"-warm", &ScheduledJobArgs{
		Expression:     fmt.Sprintf("rate(%d %s)", minutes, unit),
		Target:         f,
		Description:    "Keeps function " + f.logicalName + " warm",
		Input:          keepWarmPing,
		DisableRetries: true,
		MaxEventAge:    minScheduleAge,
		Alarms:         args.Alarms,
	}, pulumi.Parent(f))
	return err
}

func (k *KeepWarm) validate(p *problems) {
	if k == nil {
		return
	}
	p.want(k.Every == 0 || k.Every >= minPingInterval && k.Every <= maxPingInterval && k.Every%time.Minute == 0,
		"KeepWarm.Every", k.Every, "1m–15m in whole minutes, or 0 for the default of 5m")
	p.want(len(p.name)+len("-warm") <= maxScheduledJobName, "KeepWarm", p.name,
		fmt.Sprintf("none, since a schedule's name leaves at most %d characters to the function's", maxScheduledJobName-len("-warm")))
}
